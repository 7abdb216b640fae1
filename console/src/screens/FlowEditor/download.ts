/** A flow's text as a file. It is made when it is asked for: it is as long as the flow. */
export function download(text: string, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  link.download = `${(name || "flow").toLowerCase().replace(/[^a-z0-9]+/g, "-")}.yaml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
