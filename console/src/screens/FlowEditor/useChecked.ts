import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, passes, type Schemas } from "../../api/client";
import { problemsOf } from "../../api/editing";
import * as queries from "../../api/queries";
import type { FlowValue } from "../../edit/flow";
import { ofDocument, type Problem } from "../../edit/problems";

/** How long nobody types before the server is asked what is wrong, in milliseconds. */
const CHECK_AFTER = 400;
/** How long a server that could not say it is left alone, in milliseconds. */
const RETRY_AFTER = 10_000;

/** What the server finds wrong with a flow, and with others because of it, as of a text. */
export interface Found {
  text: string;
  own: Problem[];
  others: Problem[];
}

/** What is wrong, as one types. While the server is away, what was found stays, and nothing waits for it. Without a flow there is nothing to ask. */
export function useChecked(id: string, text: string, flow: FlowValue | undefined): { found: Found | undefined; away: boolean } {
  const client = useQueryClient();
  const [found, setFound] = useState<Found>();
  const [away, setAway] = useState(false);
  const [asked, askAgain] = useState(0);
  useEffect(() => {
    if (!flow) return;
    let later: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      problemsOf([{ flowId: id, document: flow } as Schemas["ChangeSetFlow"]], stop.signal).then(
        (problems) => {
          setFound({ text, ...ofDocument(problems) });
          setAway(false);
        },
        (error) => {
          if (stop.signal.aborted || !(error instanceof ApiError)) return;
          queries.signedOut(client, error);
          setAway(passes(error));
          later = setTimeout(() => askAgain((before) => before + 1), RETRY_AFTER);
        },
      );
    }, CHECK_AFTER);
    return () => {
      clearTimeout(timer);
      clearTimeout(later);
      stop.abort();
    };
  }, [id, client, text, flow, asked]);
  return { found, away };
}
