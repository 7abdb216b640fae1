import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import "../Confirm/Confirm.css";
import { keysOn, setKeys, shortcuts } from "./keys";
import "./Shortcuts.css";

/** All that can be pressed where one is. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const [on, setOn] = useState(keysOn);
  const [offered] = useState(() => [...shortcuts()].map(({ name, keys }) => ({ name, keys })));
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">Keyboard shortcuts</Dialog.Title>
          <div className="shortcuts">
            {offered.map(({ name, keys }) => (
              <section key={name}>
                <h3>{name}</h3>
                <dl>
                  {keys.map((one) => (
                    <div key={one.keys}>
                      <dt>
                        {one.keys.split(" ").map((key) => (
                          <kbd key={key}>{key}</kbd>
                        ))}
                      </dt>
                      <dd>{one.label}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </div>
          <div className="dialog-end shortcuts-end">
            <label>
              <input
                type="checkbox"
                checked={on}
                onChange={(event) => {
                  setOn(event.target.checked);
                  setKeys(event.target.checked);
                }}
              />{" "}
              Single-key shortcuts
            </label>
            <Dialog.Close className="button">Close</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
