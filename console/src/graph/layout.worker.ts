import { place, type Sheet } from "./place";

// Large flows take a while: the page stays responsive.
self.onmessage = ({ data }: MessageEvent<{ id: number; sheets: Sheet[] }>) => {
  self.postMessage({ id: data.id, placed: place(data.sheets) });
};
