import { KINDS } from "../../api/kinds";
import { Badge } from "../../components/Badge/Badge";
import { Fact } from "../../components/Facts/Facts";
import { isRecord } from "../../components/Form/blank";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import type { DataAction } from "../DataActions/DataActions";
import { Contract } from "./Contract";
import { Trial } from "./Trial";

export default function DataActionScreen({ id }: { id: string }) {
  return (
    <ObjectPage<DataAction>
      kind={KINDS.dataAction}
      id={id}
      leave={["contract", "config"]}
      badges={(one) => <Badge>version {one.version}</Badge>}
      deleting="It can't be deleted while a published flow calls it."
      after={(one) => <Trial id={id} contract={one.contract} />}
    >
      {(one) => (
        <>
          <Request config={one.config} />
          <Contract contract={one.contract} />
        </>
      )}
    </ObjectPage>
  );
}

function Request({ config }: { config: DataAction["config"] }) {
  const request = isRecord(config?.request) ? config.request : {};
  const response = isRecord(config?.response) ? config.response : {};
  const headers = isRecord(request.headers) ? Object.entries(request.headers) : [];
  const paths = isRecord(response.translationMap) ? Object.entries(response.translationMap) : [];
  const seconds = (value: unknown, otherwise: string) => (value === undefined ? <span className="muted">{otherwise}</span> : `${String(value)} s`);
  return (
    <section className="panel">
      <header>
        <h2>Request</h2>
      </header>
      <dl className="facts">
        <Fact name={String(request.requestType ?? "Request")}>
          <code>{String(request.requestUrlTemplate ?? "")}</code>
        </Fact>
        {headers.map(([name, value]) => (
          <Fact key={name} name={name}>
            <code>{String(value)}</code>
          </Fact>
        ))}
        {request.requestTemplate !== undefined && (
          <Fact name="Body">
            <pre className="fact-json">{String(request.requestTemplate)}</pre>
          </Fact>
        )}
        {paths.map(([name, path]) => (
          <Fact key={name} name={`$${name}`}>
            <code>{String(path)}</code>
          </Fact>
        ))}
        {response.successTemplate !== undefined && (
          <Fact name="Result">
            <pre className="fact-json">{String(response.successTemplate)}</pre>
          </Fact>
        )}
        <Fact name="Timeout">{seconds(config?.timeoutSeconds, "60 s")}</Fact>
        <Fact name="Retries">{String(config?.retries ?? 0)}</Fact>
        <Fact name="Cache">{seconds(config?.cacheSeconds, "none")}</Fact>
      </dl>
    </section>
  );
}
