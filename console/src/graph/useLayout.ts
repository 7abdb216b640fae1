import { useEffect, useState } from "react";
import type { Placed, Sheet } from "./place";

let worker: Worker | undefined;
let asked = 0;

/** Where everything stands; undefined until the worker has answered. */
export function useLayout(sheets: Sheet[]): Placed[] | undefined {
  const [placed, setPlaced] = useState<{ for: string; sheets: Placed[] }>();
  const wanted = JSON.stringify(sheets);
  useEffect(() => {
    worker ??= new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    const answering = worker;
    const id = ++asked;
    const take = ({ data }: MessageEvent<{ id: number; placed: Placed[] }>) => {
      if (data.id === id) setPlaced({ for: wanted, sheets: data.placed });
    };
    answering.addEventListener("message", take);
    answering.postMessage({ id, sheets: JSON.parse(wanted) });
    return () => answering.removeEventListener("message", take);
  }, [wanted]);
  return placed?.for === wanted ? placed.sheets : undefined;
}
