import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useSearchParams } from "wouter";
import { isAbsent } from "../../api/client";
import { map as mapQuery, type WorldMap } from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Live } from "../../components/Live/Live";
import { MapCanvas } from "../../components/MapCanvas/MapCanvas";
import { related } from "../../graph/reach";
import { ObjectList } from "./ObjectList";
import { ObjectView } from "./ObjectView";
import "./Map.css";

/** Above this, one object is shown with what it is related to alone, unless all is asked for. */
const MANY = 200;

/** Everything and who uses what. The object that is looked at and the filters are in the address. */
export default function Map() {
  useTitle("Map");
  const found = useQuery(mapQuery);
  if (found.error) {
    return isAbsent(found.error) ? <div className="page"><h1>Map</h1><div className="panel empty">This server is older than its console and has no map.</div></div> : <Fault error={found.error} retry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading />;
  return <Drawn map={found.data} />;
}

function Drawn({ map }: { map: WorldMap }) {
  const [search, setSearch] = useSearchParams();
  const put = (changes: Record<string, string | undefined>) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      for (const [name, value] of Object.entries(changes)) value ? after.set(name, value) : after.delete(name);
      return after;
    });
  const left = search.get("without");
  const hidden = useMemo(() => new Set(left?.split(",").filter(Boolean)), [left]);
  const key = search.get("focus") ?? "";
  const object = map.nodes.find((node) => node.key === key);
  const focus = useMemo(() => (object ? { key: object.key, related: related(object.key, map.edges) } : undefined), [object, map]);
  const alone = search.get("show") === "all" ? false : search.get("show") === "related" || map.nodes.length > MANY;
  const shown = useMemo(() => {
    const nodes = map.nodes.filter(({ key, kind }) => {
      if (focus && alone) return key === focus.key || focus.related.impact.has(key) || focus.related.uses.has(key);
      return !hidden.has(kind) || key === focus?.key;
    });
    return { nodes, edges: map.edges };
  }, [map, hidden, focus, alone]);
  useEffect(() => {
    const keys = ({ key }: KeyboardEvent) => {
      if (key === "Escape" && focus) put({ focus: undefined });
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  });
  return (
    <div className="page">
      <div className="page-head">
        <h1>Map</h1>
        <span className="muted">
          {map.nodes.length.toLocaleString("en")} objects{map.withheld?.length ? `; more is there for the scope ${map.withheld.join(", ")}` : ""}
        </span>
        <span className="end tools">
          {focus && (
            <span role="group" aria-label="Show" className="switch">
              <button aria-pressed={!alone} onClick={() => put({ show: "all" })}>
                Everything
              </button>
              <button aria-pressed={alone} onClick={() => put({ show: "related" })}>
                Related only
              </button>
            </span>
          )}
          <Live />
        </span>
      </div>
      <div className="panel map">
        <div className="map-side">
          {object && focus ? (
            <ObjectView map={map} object={object} related={focus.related} onPick={(to) => put({ focus: to })} />
          ) : (
            <ObjectList nodes={map.nodes} hidden={hidden} onHide={(kinds) => put({ without: [...kinds].join(",") })} onPick={(to) => put({ focus: to })} />
          )}
        </div>
        <div className="map-picture">
          {map.nodes.length === 0 ? <div className="empty">Nothing is set up yet. <code>waypost apply DIR</code> brings a folder of flows and routing.</div> : <MapCanvas map={shown} focus={focus} onPick={(to) => put({ focus: to })} />}
        </div>
      </div>
      {key && !object && <p className="muted">What the address names is not on the map: it was deleted, or the scopes don't allow it.</p>}
    </div>
  );
}
