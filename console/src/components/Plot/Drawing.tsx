import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLocation } from "wouter";
import { clock, type PlotProps, type Series } from "./Plot";

type Props = Pick<PlotProps, "kind" | "at" | "each" | "series" | "hrefOf"> & { say: (value: number) => string; onHover: (place: number | undefined) => void };

const HEIGHT = 168;

/** Of more times, points are lines alone. */
const MOST_POINTS = 120;

/** Below this width, in pixels, a press leads nowhere: on a phone it reads the value. */
const WIDE = 720;

/** The picture of a plot. A canvas: its numbers are in the plot's table. */
export function Drawing({ kind, at, each, series, say, onHover, hrefOf }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [, go] = useLocation();
  // What is drawn changes each second; the plot itself only with its series.
  const now = useRef({ onHover, hrefOf, go, say, at, each });
  now.current = { onHover, hrefOf, go, say, at, each };
  const shape = series.map((one) => `${one.name} ${one.tone}`).join("\n");
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = new uPlot(options(kind, series, element, now), dataOf(kind, at, series), element);
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sized.observe(element);
    const recolour = () => made.redraw(false);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", recolour);
    const themed = new MutationObserver(recolour);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      system.removeEventListener("change", recolour);
      made.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [kind, shape]);
  useEffect(() => plot.current?.setData(dataOf(kind, at, series)), [kind, at, series]);
  return (
    <div className="plot-canvas" ref={holder}>
      {/* Colours are read where they are styled: a canvas knows no variables. */}
      <span className="plot-colours" hidden>
        <i className="tone-line" />
        <i className="tone-text" />
        <i className="tone-panel" />
        {series.map((one) => (
          <i key={one.name} className={`tone-${one.tone}`} />
        ))}
      </span>
    </div>
  );
}

/** Bars that stand on each other are drawn from the whole to the first part, each over the one before. */
function dataOf(kind: PlotProps["kind"], at: number[], series: Series[]): uPlot.AlignedData {
  const times = at.map((time) => time / 1000);
  if (kind === "lines") return [times, ...series.map((one) => one.values)];
  const sums: number[][] = [];
  series.forEach((one, place) => sums.push(one.values.map((value, index) => (sums[place - 1]?.[index] ?? 0) + (value ?? 0))));
  return [times, ...sums.reverse()];
}

type Now = React.RefObject<{ onHover: Props["onHover"]; hrefOf: Props["hrefOf"]; go: (to: string) => void; say: Props["say"]; at: number[]; each: number }>;

function options(kind: PlotProps["kind"], series: Series[], element: HTMLElement, now: Now): uPlot.Options {
  const colour = (name: string) => () => {
    const probe = element.querySelector(`.plot-colours .${name}`);
    return probe ? getComputedStyle(probe).color : "#888";
  };
  const axis = { stroke: colour("tone-text"), font: "11px system-ui, sans-serif", ticks: { show: false }, grid: { stroke: colour("tone-line"), width: 1 } };
  const bars = uPlot.paths.bars?.({ size: [0.82, 26], align: 1 });
  const drawn = kind === "bars" ? [...series].reverse() : series;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: kind === "lines" }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: () => [(now.current.at[0] ?? 0) / 1000, ((now.current.at.at(-1) ?? 0) + now.current.each) / 1000] },
      y: { range: (_, __, most) => [0, Math.max(kind === "bars" ? 4 : 1, (most ?? 0) * 1.08)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 64, values: (_, ticks) => ticks.map((one) => clock(one * 1000)), size: 24 },
      { ...axis, space: 34, size: 52, values: (_, ticks) => ticks.map((one) => (kind === "bars" && !Number.isInteger(one) ? "" : now.current.say(one))) },
    ],
    series: [
      {},
      ...drawn.map((one): uPlot.Series => {
        const paint = colour(`tone-${one.tone}`);
        return kind === "bars"
          ? { stroke: colour("tone-panel"), fill: paint, width: 1, points: { show: false }, ...(bars && { paths: bars }) }
          : { stroke: paint, width: 2, spanGaps: false, points: { show: now.current.at.length <= MOST_POINTS, size: 5, fill: paint, stroke: paint }, ...(one.dashed && { dash: [6, 4] }) };
      }),
    ],
    hooks: {
      setCursor: [(self) => now.current.onHover(self.cursor.idx ?? undefined)],
      ready: [
        (self) =>
          self.over.addEventListener("click", () => {
            const { at, each, hrefOf, go } = now.current;
            const from = at[self.cursor.idx ?? -1];
            if (from !== undefined && hrefOf && element.clientWidth > 0 && window.innerWidth > WIDE) go(hrefOf(from, from + each));
          }),
      ],
    },
  };
}
