import { MutationCache, QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Link, Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ApiError } from "../api/client";
import { keepUp } from "../api/live";
import * as queries from "../api/queries";
import type { Scope } from "../api/scopes";
import { Fault, Loading } from "../components/Fault/Fault";
import { Part, part } from "../components/Part/Part";
import { SignIn } from "../screens/SignIn/SignIn";
import { OBJECT_SCREENS } from "./objects";
import { SessionContext, useMay } from "./session";
import { Shell } from "./Shell/Shell";

const Overview = part(() => import("../screens/Overview/Overview"));
const Interactions = part(() => import("../screens/Interactions/Interactions"));
const Interaction = part(() => import("../screens/Interaction/Interaction"));
const Flows = part(() => import("../screens/Flows/Flows"));
const Flow = part(() => import("../screens/Flow/Flow"));
const FlowDiff = part(() => import("../screens/FlowDiff/FlowDiff"));
const FlowNew = part(() => import("../screens/FlowNew/FlowNew"));
const FlowEditor = part(() => import("../screens/FlowEditor/FlowEditor"));
const FlowPublish = part(() => import("../screens/FlowPublish/FlowPublish"));
const Map = part(() => import("../screens/Map/Map"));
const Queues = part(() => import("../screens/Queues/Queues"));
const Queue = part(() => import("../screens/Queue/Queue"));

const signedOut = (error: Error) => queries.signedOut(client, error);

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOut }),
  // A secret that was refused ends no session.
  mutationCache: new MutationCache({ onError: (error, _variables, _result, mutation) => mutation.meta?.signsIn || signedOut(error) }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      retry: (failures, error) => {
        const passing = error instanceof ApiError && (error.status === 0 || error.status === 429 || (error.status >= 500 && error.status !== 501));
        return passing && failures < 4;
      },
      retryDelay: (failures, error) => {
        const asked = error instanceof ApiError ? error.retryAfter : undefined;
        return asked ? asked * 1000 : Math.min(500 * 2 ** failures, 8000);
      },
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={client}>
      <Part>
        <SignedIn />
      </Part>
    </QueryClientProvider>
  );
}

function SignedIn() {
  const { data: session, error, refetch } = useQuery(queries.session);
  const [location] = useLocation();
  const search = useSearch();
  const who = session?.clientId;
  const [had, setHad] = useState(false);
  if (session && !had) setHad(true);
  useEffect(() => (who === undefined ? undefined : keepUp(client)), [who]);
  // Whoever is signed in stays where they are when it can't be asked again for a while.
  if (session === undefined) return error ? <Fault error={error} retry={() => void refetch()} /> : <Loading />;
  // A link signs in anew, whoever is signed in.
  if (session === null || location === "/sign-in") {
    const here = location === "/sign-in" ? "/" : location + (search && `?${search}`);
    return <SignIn next={here} session={session} ended={had && session === null} />;
  }
  return (
    <SessionContext value={session}>
      <Shell>
        <Part fallback={<Loading />} of={location}>
          <Switch>
            <Route path="/">{needs("email:read", <Overview />)}</Route>
            <Route path="/interactions">{needs("email:read", <Interactions />)}</Route>
            <Route path="/interactions/:id/:tab?">
              {({ id, tab }) => needs("email:read", <Interaction key={id} id={id} tab={tab ?? "run"} />)}
            </Route>
            <Route path="/flows">{needs("flow:read", <Flows />)}</Route>
            <Route path="/flows/new">{needs("flow:write", <FlowNew />)}</Route>
            <Route path="/flows/:id/edit">{({ id }) => needs("flow:write", <FlowEditor key={id} id={id} />)}</Route>
            <Route path="/flows/:id/publish">{({ id }) => needs("flow:write", <FlowPublish key={id} id={id} />)}</Route>
            <Route path="/flows/:id">{({ id }) => needs("flow:read", <Flow key={id} id={id} />)}</Route>
            <Route path="/flows/:id/diff">{({ id }) => needs("flow:read", <FlowDiff key={id} id={id} />)}</Route>
            <Route path="/map">{needs("flow:read", <Map />)}</Route>
            {OBJECT_SCREENS.map(({ path, scope, show }) => (
              <Route key={path} path={path}>
                {(parameters) => needs(scope, show(parameters as { id: string; domain: string }))}
              </Route>
            ))}
            <Route path="/queues">{needs("routing:read", <Queues />)}</Route>
            <Route path="/queues/:id">{({ id }) => needs("routing:read", <Queue key={id} id={id} />)}</Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Part>
      </Shell>
    </SessionContext>
  );
}

const needs = (scope: Scope, screen: ReactNode) => <Needs scope={scope}>{screen}</Needs>;

function Needs({ scope, children }: { scope: Scope; children: ReactNode }) {
  const [location] = useLocation();
  const [flows, queues] = [useMay("flow:read"), useMay("routing:read")];
  if (useMay(scope)) return children;
  // Whoever may not see the overview begins with what they may see.
  if (location === "/" && flows) return <Redirect to="/flows" replace />;
  if (location === "/" && queues) return <Redirect to="/queues" replace />;
  return (
    <div className="page">
      <h1>Not allowed</h1>
      <p>
        This session does not have the scope <code>{scope}</code>.
      </p>
    </div>
  );
}

function NotFound() {
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <p>
        <Link href="/">Go to the overview</Link>
      </p>
    </div>
  );
}
