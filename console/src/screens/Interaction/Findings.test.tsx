import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Findings } from "./Findings";

test("each result stands with its domain and why", () => {
  const auth = {
    spf: { result: "unknown", aligned: false },
    dkim: { result: "pass", domain: "a.example", aligned: true, reason: "the signature verifies" },
    dmarc: { result: "fail", domain: "a.example", aligned: false },
  };
  const { container } = render(<Findings interaction={{ auth, scan: { result: "spam", by: "rspamd", reason: "score 20 of 15: reject" } } as never} />);
  const told = [...container.querySelectorAll("dl > div")].map((one) => one.textContent?.replace(/\s+/g, " ").trim());
  expect(told).toEqual(["SPFunknown", "DKIMpass a.example the signature verifies", "DMARCfail a.example", "Scanspam rspamd score 20 of 15: reject"]);
  expect(container.querySelector(".badge.bad")?.textContent).toBe("fail");
});

test("what was not looked for is not shown", () => {
  expect(render(<Findings interaction={{} as never} />).container.textContent).toBe("");
});
