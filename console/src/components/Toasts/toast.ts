import { Toast } from "@base-ui/react/toast";

/** What was done is said for a few seconds. */
export const toasts = Toast.createToastManager();

export function toast(title: string) {
  toasts.add({ title });
}
