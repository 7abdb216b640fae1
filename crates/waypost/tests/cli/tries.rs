//! `waypost try` with given answers, and what publishing warns of.

use std::fs;

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::{printed, waypost};

const ACTION: &str = r#"kind: dataAction
name: Get customer
config:
  request: { requestUrlTemplate: "https://crm.example.com/customers?email=$esc.url(${input.email})", requestType: GET }
contract:
  input: { inputSchema: { type: object, required: [email], properties: { email: { type: string } } } }
  output: { successSchema: { type: object, properties: { tier: { type: string } } } }
"#;

const FLOW: &str = r#"name: Inbound
type: email
nodes:
  - id: ask
    actions:
      - type: callDataAction
        dataAction: Get customer
        inputMapping: [{ name: email, value: "${interaction.email.from.address}" }]
        outputMapping: [{ name: tier, value: "${output.tier}" }]
        failure: { to: general }
        timedOut: { to: general }
    next: [{ when: "${tier == 'gold'}", to: gold }, { to: general }]
  - { id: gold, actions: [{ type: transferToQueue, queue: Gold }] }
  - { id: general, actions: [{ type: transferToQueue, queue: General }] }
"#;

#[test]
fn a_draft_is_tried_with_the_answers_of_a_file_and_publishing_shows_warnings() {
    let scratch = Scratch::new("cli-tries");
    let write = |name: &str, text: &str| {
        let path = scratch.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let folder = scratch.path("project").display().to_string();
    write("project/action.yaml", ACTION);
    write("project/inbound.yaml", FLOW);
    write("project/routing.yaml", "queues: [Gold, General]\n");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    printed(&server.cli(&["apply", &folder]), 0);
    let mail = write("mail.eml", "From: ana@acme.example\r\nSubject: hi\r\n\r\nhi\r\n");

    let alone = printed(&server.cli(&["try", "Inbound", &mail]), 1);
    assert!(alone.contains(": unknown\n    unanswered: Get customer"), "{alone}");
    let answers = write(
        "gold.answers.yaml",
        "answers:\n  - { dataAction: Get customer, output: { tier: gold } }\n  - { dataAction: Get customer, timeout: true }\n",
    );
    let tried = printed(&server.cli(&["try", "Inbound", "--answers", &answers, &mail]), 0);
    assert!(tried.contains("queue Gold") && !tried.contains("unanswered"), "{tried}");
    assert!(tried.contains("note: the run never asked for the answer of data action `Get customer`"), "{tried}");
    let late = write("late.answers.yaml", "answers: [{ dataAction: Get customer, timeout: true }]\n");
    let tried = printed(&server.cli(&["try", "Inbound", "--answers", &late, &mail]), 0);
    assert!(tried.contains("queue General"), "{tried}");

    // Offline the same answers are read, noted and refused in the same way.
    let run = |answers: &str| waypost(&["run", "--flows", &folder, "--answers", answers, &mail]);
    let ran = printed(&run(&answers), 0);
    assert!(ran.contains("queue Gold"), "{ran}");
    assert!(ran.contains("note: the run never asked for the answer of data action `Get customer`"), "{ran}");
    let broken = write(
        "broken.answers.yaml",
        "answer: []\nanswers:\n  - { dataAction: Get customer, error: { code: timeout } }\nmore: 1\n",
    );
    for refused in [run(&broken), server.cli(&["try", "Inbound", "--answers", &broken, &mail])] {
        printed(&refused, 1);
        let told = String::from_utf8_lossy(&refused.stderr);
        for part in ["broken.answers.yaml:1:1", "unknown key `answer`", "broken.answers.yaml:4:1", "unknown key `more`"]
        {
            assert!(told.contains(part), "no `{part}` in {told}");
        }
    }
    let late = write("failed.answers.yaml", "answers:\n  - dataAction: Get customer\n    error: { code: timeout }\n");
    let word = write("word.answers.yaml", "answers:\n  - dataAction: Get customer\n    error: { code: stauts }\n");
    for (answers, said) in [(&late, "write `timeout: true`"), (&word, "did you mean `status`?")] {
        for refused in [run(answers), server.cli(&["try", "Inbound", "--answers", answers, &mail])] {
            printed(&refused, 1);
            let told = String::from_utf8_lossy(&refused.stderr);
            assert!(told.contains(said) && told.contains("answers.yaml:3:20"), "no `{said}` in {told}");
        }
    }

    let wrong = write("wrong.answers.yaml", "answers: [{ dataAction: Get customer, output: { teir: gold } }]\n");
    let refused = server.cli(&["try", "Inbound", "--answers", &wrong, &mail]);
    printed(&refused, 1);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("wrong.answers.yaml:1:") && told.contains("did you mean `tier`?"), "{told}");
    let other = write("other.answers.yaml", "answer: []\n");
    let refused = server.cli(&["try", "Inbound", "--answers", &other, &mail]);
    printed(&refused, 1);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("unknown key `answer`"), "{refused:?}");

    // What can't mean anything is said where it is published, and stops nothing.
    let meant = "${tier == 'gold' || interaction.email.auth.dmarc.result == 'passed'}";
    let draft = write("draft.yaml", &FLOW.replace("${tier == 'gold'}", meant));
    printed(&server.cli(&["flows", "draft", "Inbound", &draft]), 0);
    let published = printed(&server.cli(&["flows", "publish", "Inbound"]), 0);
    let line = "warning: nodes[0].next[0].when: `interaction.email.auth.dmarc.result` is never `'passed'`: did you mean `pass`? [expression.value.never]";
    assert!(published.contains("version 2 published\n") && published.contains(line), "{published}");
    write("project/inbound.yaml", &FLOW.replace("${tier == 'gold'}", meant));
    let applied = server.cli(&["apply", &folder]);
    printed(&applied, 0);
    let told = String::from_utf8_lossy(&applied.stderr);
    assert!(told.contains("warning[expression.value.never]") && told.contains("inbound.yaml:"), "{told}");
}
