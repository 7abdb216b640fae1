import { useEffect, useMemo, useState } from "react";
import type { MapPlaced, MapShape } from "./layers";
import type { Job } from "./layout.worker";
import type { Placed, Sheet } from "./place";

let worker: Worker | undefined;
let asked = 0;

/** Where each flow and its nodes stand; undefined until the worker has answered. */
export function useLayout(sheets: Sheet[]): Placed[] | undefined {
  return useAnswer<Placed[]>(useMemo(() => ({ sheets }), [sheets]));
}

/** Where everything on the map stands; undefined until the worker has answered. */
export function useMapLayout(map: MapShape): MapPlaced | undefined {
  return useAnswer<MapPlaced>(useMemo(() => ({ map }), [map]));
}

function useAnswer<T>(job: Job): T | undefined {
  const [answer, setAnswer] = useState<{ for: string; placed: T }>();
  const wanted = useMemo(() => JSON.stringify(job), [job]);
  useEffect(() => {
    worker ??= new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    const answering = worker;
    const id = ++asked;
    const take = ({ data }: MessageEvent<{ id: number; placed: T }>) => {
      if (data.id === id) setAnswer({ for: wanted, placed: data.placed });
    };
    answering.addEventListener("message", take);
    answering.postMessage({ id, job: JSON.parse(wanted) });
    return () => answering.removeEventListener("message", take);
  }, [wanted]);
  return answer?.for === wanted ? answer.placed : undefined;
}
