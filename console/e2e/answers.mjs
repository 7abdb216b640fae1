// A flow that asks other systems, tried in the editor: what they answer is given in forms, and kept in the test that is saved. By mouse, and by keyboard.
import { BASE, check, CLIENT_ID, CLIENT_SECRET, eventually, focused, looks, noise, other, page, press, signIn, tabTo, tell } from "./harness.mjs";

const api = await other();
const button = (name) => page.getByRole("button", { name, exact: true });
const answers = page.getByRole("region", { name: "Answers of data actions" });
const answer = (name) => answers.getByRole("group", { name, exact: true });
const decided = (words) => page.getByText(`Decided: ${words}`, { exact: true }).waitFor();
const preview = () => page.getByRole("region", { name: "The case" }).innerText();

const action = (name, input, output) => ({
  name,
  config: { request: { requestUrlTemplate: `https://crm.example.com/\${input.${input}}`, requestType: "GET" } },
  contract: { input: { inputSchema: { type: "object", properties: { [input]: { type: "string" } } } }, output: { successSchema: { type: "object", properties: output } } },
});
const call = (dataAction, input, output, more) => ({ type: "callDataAction", dataAction, inputMapping: [{ name: input, value: "${interaction.email.from.address}" }], outputMapping: [{ name: output, value: `\${output.${output}}` }], ...more });
const to = (queue) => [{ type: "transferToQueue", queue }];

await tell(async () => {
  await api("POST", "/integrations/actions", action("Find customer", "email", { tier: { type: "string", description: "What they pay for." }, contact: { type: "string" } }));
  await api("POST", "/integrations/actions", action("Count orders", "of", { orders: { type: "integer" }, any: {} }));
  await api("POST", "/integrations/actions", action("Never called", "of", { orders: { type: "integer" } }));
  const shared = {
    name: "Orders",
    type: "shared",
    outputs: [{ name: "orders", dataType: "integer" }],
    nodes: [{ id: "count", actions: [call("Count orders", "of", "orders"), { type: "setOutput", name: "orders", value: "${orders}" }, { type: "return" }] }],
  };
  await api("POST", "/flows", shared);
  const flow = await api("POST", "/flows?draft=true", {
    name: "Tiers",
    type: "email",
    nodes: [
      { id: "look", actions: [call("Find customer", "email", "tier", { failure: { to: "failed" }, timedOut: { to: "late" } })], next: [{ when: "${tier == 'gold'}", to: "orders" }, { to: "general" }] },
      { id: "orders", actions: [{ type: "runFlow", flow: "Orders", outputMapping: [{ name: "orders", value: "${output.orders}" }] }], next: [{ when: "${orders > 3}", to: "billing" }, { to: "general" }] },
      { id: "billing", actions: to("Billing") },
      { id: "failed", actions: to("Support") },
      { id: "late", actions: [{ type: "setPriority", priority: 5 }, ...to("Support")] },
      { id: "general", actions: to("General") },
    ],
  });
  await page.goto(`${BASE}/flows/${flow.id}/edit?view=try`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await answers.waitFor();
  noise.splice(0);
  for (const name of ["Find customer", "Count orders"]) await answer(name).waitFor();
  await eventually("each data action that the flow and its shared flows call has a form", async () => (await answers.getByRole("group").count()) === 2, () => answers.innerText());

  // A run that asks what nobody answered leads to the form.
  await button("Try it").last().click();
  await page.getByText("The run stopped at Find customer: it has no answer.").waitFor();
  await button("Answer for Find customer").click();
  await eventually("a run without an answer leads to its form", () => page.evaluate(() => document.activeElement?.closest("fieldset")?.querySelector("legend")?.textContent?.startsWith("Find customer")));
  await page.keyboard.press("ArrowRight");
  await answer("Find customer").getByLabel(/^tier/).fill("silver");
  await looks("editor-answers");
  await button("Try it").last().click();
  await decided("queue General");
  check("a flow is tried with what a data action answers", true);

  // A failure, and no answer in time.
  await answer("Find customer").getByRole("radio", { name: "A failure" }).check();
  await answer("Find customer").getByLabel("Code").selectOption("status");
  await answer("Find customer").getByLabel(/^Status/).fill("503");
  await button("Try it").last().click();
  await decided("queue Support");
  await answer("Find customer").getByRole("radio", { name: "Too late" }).check();
  await button("Try it").last().click();
  await decided("queue Support priority 5");
  check("failures and late answers are tried, too", true);
  await answer("Find customer").getByRole("radio", { name: "A failure" }).check();
  const code = async () => [await answer("Find customer").getByLabel("Code").inputValue(), await answer("Find customer").getByLabel(/^Status/).inputValue()].join();
  await eventually("what was typed for one way to answer outlasts a look at another", async () => (await code()) === "status,503", code);
  await answer("Find customer").getByRole("radio", { name: "Outputs" }).check();
  const tier = () => answer("Find customer").getByLabel(/^tier/).inputValue();
  await eventually("and at the others", async () => (await tier()) === "silver", tier);

  // What does not fit is said at its field.
  await answer("Find customer").getByRole("radio", { name: "Outputs" }).check();
  await answer("Find customer").getByLabel(/^tier/).fill("gold");
  await answer("Find customer").getByLabel(/^contact/).fill("ana@customer.example");
  await answer("Count orders").getByRole("radio", { name: "Outputs" }).check();
  await answer("Count orders").getByLabel(/^orders/).fill("many");
  await button("Try it").last().click();
  await answer("Count orders").locator(".form-problem").first().waitFor();
  await eventually("what does not fit the contract is said at its field", async () => (await answer("Count orders").getByLabel(/^orders/).getAttribute("aria-invalid")) === "true", () => answer("Count orders").innerText());
  // The browser tells of every refused request.
  noise.splice(0);
  await answer("Count orders").getByLabel(/^any/).fill("{");
  await eventually("what is no JSON is not sent", () => button("Try it").last().isDisabled());
  await answer("Count orders").getByLabel(/^any/).fill("");
  await answer("Count orders").getByLabel(/^orders/).fill("7");
  await button("Try it").last().click();
  await decided("queue Billing");

  // A look at the graph forgets nothing; the test that is saved has the answers, without personal details.
  await button("Graph").click();
  await page.locator(".react-flow__node").first().waitFor();
  await button("Try it").first().click();
  await eventually("answers outlast a look at the graph", async () => (await tier()) === "gold", tier);
  await button("Try it").last().click();
  await decided("queue Billing");
  await button("Save as a test…").click();
  await page.getByText("Decided the same: queue Billing").waitFor();
  const asIs = /answers:\s+- dataAction: Count orders\s+output:\s+orders: 7\s+- dataAction: Find customer\s+output:\s+tier: gold\s+contact: person1@customer\.example/;
  await eventually("a test that is saved has the answers", async () => asIs.test(await preview()) && !/ana@/.test(await preview()), preview);

  // By keyboard alone.
  await page.reload();
  await answers.waitFor();
  const trying = page.locator(".trial-mail .button.primary");
  await tabTo(trying);
  await press("Enter");
  await page.getByText("The run stopped at Find customer: it has no answer.").waitFor();
  await tabTo("Answer for Find customer");
  await press("Enter");
  await focused(answer("Find customer").getByRole("radio", { name: "Nothing" }));
  await press("ArrowRight");
  await tabTo(answer("Find customer").getByLabel(/^tier/));
  await page.keyboard.type("silver");
  await tabTo(trying, "Shift+Tab");
  await press("Enter");
  await decided("queue General");
  check("answers are given by keyboard", true);
});
