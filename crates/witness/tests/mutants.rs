//! Mutants held against tests: a test reaches a mutant if it comes to the action that is changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod folder;

use std::collections::BTreeMap;

use folder::Folder;
use waypost_flow_tests::Suite;
use waypost_project::SourceFile;
use waypost_witness::mutate::{Base, Verdict, judge, mutants};

const PROJECT: &str = r#"name: F
type: email
nodes:
  - id: a
    actions:
      - { type: setVariable, name: n, value: 0 }
      - { type: forEach, items: "${interaction.email.attachments}", as: file, actions: [{ type: setVariable, name: n, value: "${file.size > 3 ? n + 1 : n}" }] }
      - { type: forEach, items: "${interaction.email.to}", as: x, actions: [{ type: setVariable, name: n, value: "${x.domain == 'acme.example' ? n + 1 : n}" }] }
      - { type: while, when: "${n > 90}", actions: [{ type: setVariable, name: n, value: "${n - 1}" }] }
      - { type: while, when: "${n < 3}", actions: [{ type: forEach, items: "${interaction.email.cc}", as: x, actions: [{ type: setPriority, priority: 7 }] }, { type: setVariable, name: n, value: "${n + 1}" }] }
      - { type: setPriority, priority: "${n + 1}" }
      - { type: transferToQueue, queue: Billing }
"#;

const TESTS: &str = r#"tests: [{ name: one, flow: F, mail: { to: ann@example.org }, expect: { queue: Billing } }]"#;

#[test]
fn a_loop_without_turns_reaches_nothing_inside_of_it() {
    let project = Folder::of(&[SourceFile { path: "project.yaml".to_owned(), text: PROJECT.to_owned() }]);
    let flows = project.flows();
    let tests = SourceFile { path: "f.test.yaml".to_owned(), text: TESTS.to_owned() };
    let suite = Suite::read(&[tests], &flows, &|_, _| Err(std::io::ErrorKind::NotFound.into()));
    let bases: Vec<Base<'_>> =
        suite.cases.iter().map(|case| Base::new(case, None, case.run(&flows, None, false).unwrap())).collect();
    let all = mutants(&flows);
    let judged = judge(&all, &bases, &flows).unwrap();
    let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
    for (mutant, verdict) in all.iter().zip(&judged) {
        let Verdict::Survived { reached: times, .. } = verdict else { continue };
        let place = mutant.at.trim_start_matches("nodes[a].").trim_end_matches(".value").trim_end_matches(".message");
        let known = reached.entry(place).or_insert(*times);
        assert_eq!(known, times, "{}: {}", mutant.at, mutant.change);
    }
    let of = |place: &str| reached.get(place).copied();
    assert_eq!(of("actions[1].actions[0]"), Some(0), "{reached:?}");
    assert_eq!(of("actions[2].actions[0]"), Some(1), "{reached:?}");
    assert_eq!(of("actions[3].actions[0]"), Some(0), "{reached:?}");
    assert_eq!(of("actions[4].actions[0].actions[0]"), Some(0), "{reached:?}");
    assert_eq!(of("actions[5]"), Some(1), "after loops: {reached:?}");
}
