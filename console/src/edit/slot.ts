import { usedSlots } from "./kept";

/** A place in this browser that one tab has to itself. What the tab keeps of a flow there, no other tab takes or writes over. */
export interface Slot {
  key: string;
  /** Whether there is something unsaved that no tab has open: a tab that was closed left it. */
  more: boolean;
  /** Another tab may have it. */
  release: () => void;
}

/** The first slot of a flow: each who signs in has slots of their own. */
export const slotOf = (id: string, clientId: string) => `waypost.flow.${clientId}.${id}`;

/** How long a page that is loaded again waits for the page before it to let go, in milliseconds. */
const LETS_GO = 3_000;

/**
 * A slot for a flow that is edited: the one that this page had before it was loaded again; else one that a closed tab left something in; else an
 * empty one. Without locks, which browsers offer on HTTPS and on this machine alone, all tabs have the same.
 */
export async function takeSlot(id: string, clientId: string): Promise<Slot> {
  const name = slotOf(id, clientId);
  const take = async (): Promise<Omit<Slot, "more">> => {
    const own = sessionStorage.getItem(name);
    const before = own === null ? undefined : await lock(own, { signal: AbortSignal.timeout(LETS_GO) });
    // By now the page before this one has kept what it had: a page that is left may do so only after the next one began.
    const used = usedSlots(name);
    if (own !== null && before && (used.length === 0 || used.includes(own))) return { key: own, release: before };
    before?.();
    for (const key of used) {
      const release = await lock(key, { ifAvailable: true });
      if (release) return { key, release };
    }
    for (let nth = 1; ; nth++) {
      const key = nth === 1 ? name : `${name}.${nth}`;
      const release = await lock(key, { ifAvailable: true });
      if (release) return { key, release };
    }
  };
  const slot = await take();
  sessionStorage.setItem(name, slot.key);
  const release = () => {
    sessionStorage.removeItem(name);
    slot.release();
  };
  return { key: slot.key, release, more: await isLeft(usedSlots(name).filter((key) => key !== slot.key)) };
}

/** Whether no tab has one of them. */
async function isLeft(keys: string[]): Promise<boolean> {
  if (keys.length === 0 || !navigator.locks) return false;
  const held = new Set((await navigator.locks.query()).held?.map((one) => one.name));
  return keys.some((key) => !held.has(key));
}

/** Locks a slot until it is released, or the page is gone; undefined if another tab has it. */
function lock(key: string, options: LockOptions): Promise<(() => void) | undefined> {
  // Absent on plain HTTP, whatever the types say.
  if (!(navigator.locks as LockManager | undefined)) return Promise.resolve(() => {});
  return new Promise((done) => {
    navigator.locks
      .request(key, options, (granted) => (granted ? new Promise<void>((release) => done(release)) : done(undefined)))
      .catch(() => done(undefined));
  });
}
