import { Component, type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { Fault } from "../Fault/Fault";

let tries = 0;
/** Whether a style sheet did not come: the build's loader asks for each only once. */
let unstyled = false;
addEventListener("vite:preloadError", () => (unstyled = true));

/** A component that is fetched when it is first shown, and once more whenever `Part` tries again. */
export function part<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let failed = false;
  let tried = tries;
  const attempt = () =>
    lazy(async () => {
      try {
        if (unstyled) await styleAgain();
        return await load();
      } catch {
        failed = true;
        throw new NotLoaded();
      }
    }) as unknown as ComponentType<P>;
  let Loaded = attempt();
  return function Fetched(props: P) {
    // What could not be fetched stays so for React.
    if (failed && tried !== tries) {
      failed = false;
      tried = tries;
      Loaded = attempt();
    }
    return <Loaded {...props} />;
  };
}

class NotLoaded extends Error {
  constructor() {
    super("This part can't be loaded: the server does not answer, or is another version by now. What you typed is kept as long as this page is open.");
  }
}

async function styleAgain() {
  unstyled = false;
  const missing = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].filter(({ sheet }) => sheet === null);
  await Promise.all(
    missing.map((link) => {
      const again = link.cloneNode() as HTMLLinkElement;
      const done = new Promise<void>((ready, failed) => {
        again.addEventListener("load", () => ready());
        again.addEventListener("error", () => {
          unstyled = true;
          failed(new Error("a style sheet can't be fetched"));
        });
      });
      link.replaceWith(again);
      return done;
    }),
  );
}

interface Props {
  children: ReactNode;
  /** Shown until the part is there. */
  fallback?: ReactNode;
  /** What is shown: something else is tried afresh. */
  of?: string;
}

/** A part of the page that fails by itself: the rest goes on. */
export class Part extends Component<Props, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.error && before.of !== this.props.of) this.again();
  }

  private readonly again = () => {
    tries += 1;
    this.setState({ error: undefined } as { error?: Error });
  };

  override render() {
    const { error } = this.state;
    if (!error) return <Suspense fallback={this.props.fallback}>{this.props.children}</Suspense>;
    return (
      <Fault error={error} retry={this.again}>
        <button className="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </Fault>
    );
  }
}
