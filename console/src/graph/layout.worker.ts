import { layers, type MapShape } from "./layers";
import { place, type Sheet } from "./place";

export type Job = { sheets: Sheet[] } | { map: MapShape };

// Large flows and maps take a while: the page stays responsive.
self.onmessage = ({ data }: MessageEvent<{ id: number; job: Job }>) => {
  const { id, job } = data;
  self.postMessage({ id, placed: "sheets" in job ? place(job.sheets) : layers(job.map) });
};
