import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { queues } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Live } from "../../components/Live/Live";
import { QueueTable } from "../../components/QueueTable/QueueTable";

export default function Queues() {
  useTitle("Queues");
  const changes = useMay("routing:write");
  const list = useQuery(queues);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Queues</h1>
        <span className="end row">
          <Live />
          {changes && (
            <Link href="/queues/new" className="button primary">
              New queue
            </Link>
          )}
        </span>
      </div>
      <section className="panel">
        {list.data ? <QueueTable queues={list.data} /> : list.error ? <Fault error={list.error} retry={() => void list.refetch()} /> : <Loading />}
      </section>
    </div>
  );
}
