//! The pages of codes that only a catalogue answers: their examples, each as a folder of files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_project::{Project, SourceFile};

/// `# with flows: Step 1 to Step N, each calling the next` in an example.
fn steps(example: &str) -> Vec<String> {
    let last = example.split("# with flows: Step 1 to Step ").nth(1).and_then(|rest| rest.split(',').next());
    let last: usize = last.map_or(0, |last| last.parse().unwrap());
    let call = |next: usize| format!("nodes: [{{ id: start, actions: [{{ type: runFlow, flow: Step {next} }}] }}]");
    (1..=last)
        .map(|step| {
            let nodes = if step < last { call(step + 1) } else { "nodes: []".to_owned() };
            format!("name: Step {step}\ntype: shared\n{nodes}\n")
        })
        .collect()
}

/// Problems of the example's own documents.
fn problems(example: &str) -> Vec<Diagnostic> {
    let own: Vec<String> = example.split("\n---\n").map(str::to_owned).collect();
    let count = own.len();
    let texts = own.into_iter().chain(steps(example));
    let files: Vec<SourceFile> =
        texts.enumerate().map(|(index, text)| SourceFile { path: format!("{index}.yaml"), text }).collect();
    let mut folder = Project::read(&files);
    folder.world();
    folder.problems.into_iter().filter(|problem| problem.at.file < count).map(|problem| problem.diagnostic).collect()
}

fn example<'p>(page: &'p str, kind: &str) -> &'p str {
    let fence = format!("```yaml {kind}\n");
    page.split(&fence).nth(1).expect("an example").split("\n```\n").next().unwrap()
}

#[test]
fn examples_are_what_they_say() {
    for code in [Code::Cycle, Code::TooDeep, Code::NotRoutable] {
        let wrong = problems(example(code.page(), "refused"));
        assert!(wrong.iter().any(|problem| problem.code == code && problem.is_error()), "{code}: {wrong:#?}");
        let right = problems(example(code.page(), "accepted"));
        assert!(right.iter().all(|problem| problem.code != code && !problem.is_error()), "{code}: {right:#?}");
    }
}
