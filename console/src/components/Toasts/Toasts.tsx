import { Toast } from "@base-ui/react/toast";
import { toasts } from "./toast";
import "./Toasts.css";

export default function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} timeout={6000} limit={2}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((one) => (
    <Toast.Root key={one.id} toast={one} className="toast">
      <Toast.Content className="toast-content">
        <Toast.Title className="toast-title" />
        <Toast.Close className="button quiet" aria-label="Close">
          ✕
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
