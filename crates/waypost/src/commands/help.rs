//! Examples of commands, and the groups that the options of `serve` are shown in.

use clap::{Arg, Command};

/// Examples of every command, one a line. A test misses every command that has none.
const EXAMPLES: &str = include_str!("examples.txt");

/// How many examples the help of a group of commands shows.
const OF_A_GROUP: usize = 3;

/// Groups of options of `serve`, by how their names begin; the first that fits counts.
const GROUPS: [(&str, &str); 34] = [
    ("mail_auth", "Senders and scanners"),
    ("auth", "Senders and scanners"),
    ("trusted_relay", "Senders and scanners"),
    ("trusted_authserv", "Senders and scanners"),
    ("arc", "Senders and scanners"),
    ("rspamd", "Senders and scanners"),
    ("scan", "Senders and scanners"),
    ("smtp", "Mail in"),
    ("hostname", "Mail in"),
    ("bare_lf", "Mail in"),
    ("max_message", "Mail in"),
    ("ingress", "Mail in"),
    ("duplicate", "Mail in"),
    ("mailbox", "Mail in"),
    ("smarthost", "Mail and requests out"),
    ("mail_retry", "Mail and requests out"),
    ("webhook", "Mail and requests out"),
    ("dkim", "Mail and requests out"),
    ("allow_private", "Mail and requests out"),
    ("dns", "Mail and requests out"),
    ("http", "HTTP"),
    ("rate_limit", "HTTP"),
    ("trusted", "HTTP"),
    ("public_url", "Signing in"),
    ("oidc", "Signing in"),
    ("tls", "TLS"),
    ("data", "Storage"),
    ("secret_key", "Storage"),
    ("forget", "Storage"),
    ("keep", "Storage"),
    ("run", "Runs"),
    ("trace_detail", "Runs"),
    ("redact", "Runs"),
    ("", "Process"),
];

/// The commands with their examples, and the options of `serve` in groups.
pub(crate) fn of(command: Command) -> Command {
    command.mut_subcommands(|one| {
        let one = if one.get_name() == "serve" { one.mut_args(grouped) } else { one };
        let name = format!("waypost {}", one.get_name());
        with_examples(one, &name)
    })
}

fn with_examples(command: Command, name: &str) -> Command {
    let is_group = command.has_subcommands();
    let command = command.mut_subcommands(|one| {
        let name = format!("{name} {}", one.get_name());
        with_examples(one, &name)
    });
    let runs_it = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let most = if is_group { OF_A_GROUP } else { usize::MAX };
    let lines: Vec<String> = EXAMPLES.lines().filter(runs_it).take(most).map(|line| format!("  {line}")).collect();
    if lines.is_empty() {
        return command;
    }
    let heading = if lines.len() == 1 { "Example" } else { "Examples" };
    command.after_help(format!("{heading}:\n{}", lines.join("\n")))
}

fn grouped(argument: Arg) -> Arg {
    let name = argument.get_id().as_str();
    if ["help", "version"].contains(&name) {
        return argument;
    }
    let group = GROUPS.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, group)| *group);
    argument.help_heading(group)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    fn without_example(command: &Command, name: &str, found: &mut Vec<String>) {
        for one in command.get_subcommands() {
            let name = format!("{name} {}", one.get_name());
            if one.get_after_help().is_none() {
                found.push(name.clone());
            }
            without_example(one, &name, found);
        }
    }

    #[test]
    fn every_command_has_an_example() {
        let command = of(crate::Arguments::command());
        let mut without = Vec::new();
        without_example(&command, "waypost", &mut without);
        assert!(without.is_empty(), "{without:#?}");
        command.debug_assert();
    }

    /// The help of a command and everything below it.
    fn all_help(command: &mut Command, name: &str, out: &mut String) {
        out.push_str(&format!("$ {name} --help\n{}\n", command.render_long_help()));
        for one in command.get_subcommands_mut().filter(|one| one.get_name() != "help") {
            let name = format!("{name} {}", one.get_name());
            all_help(one, &name, out);
        }
    }

    /// With `WAYPOST_BLESS=1` the files are written anew; read the difference before you keep it.
    #[test]
    fn help_is_as_kept() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/commands/help");
        let mut command = of(crate::Arguments::command()).term_width(100);
        command.build();
        let (bless, mut wrong) = (std::env::var_os("WAYPOST_BLESS").is_some(), Vec::new());
        for one in command.get_subcommands_mut().filter(|one| one.get_name() != "help") {
            let (name, mut text) = (one.get_name().to_owned(), String::new());
            all_help(one, &format!("waypost {name}"), &mut text);
            let text: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
            let path = folder.join(format!("{name}.txt"));
            if bless {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, text).unwrap();
            } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(name);
            }
        }
        assert!(wrong.is_empty(), "the help of these is another than in spec/commands/help: {wrong:?}");
    }

    /// Words of a command line; what is in quotes belongs to one.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), c) => word.push(c),
                (None, '\'' | '"') => quote = Some(c),
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (None, c) => word.push(c),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    /// Names of all commands that have none below them.
    fn leaves(command: &Command, name: &str, found: &mut Vec<String>) {
        let below: Vec<&Command> = command.get_subcommands().filter(|one| one.get_name() != "help").collect();
        if below.is_empty() {
            found.push(name.to_owned());
        }
        for one in below {
            leaves(one, format!("{name} {}", one.get_name()).trim_start(), found);
        }
    }

    /// The name of the command that a line of a session runs; what follows it are arguments.
    fn run_by(line: &str, command: &Command) -> Option<String> {
        let words = words(line);
        let at = words.iter().position(|word| word == "waypost")?;
        let (mut below, mut name) = (command, String::new());
        for word in words.get(at + 1..)? {
            let named = |one: &&Command| one.get_name() == word || one.get_all_aliases().any(|alias| alias == word);
            let Some(found) = below.get_subcommands().find(named) else { break };
            name = format!("{name} {}", found.get_name()).trim_start().to_owned();
            below = found;
        }
        Some(name)
    }

    /// Commands that print no data: they confirm what they were asked for, print a text, a file or lines of JSON, or serve.
    const WITHOUT_OUTPUT: [&str; 36] = [
        "clients disable",
        "clients enable",
        "clients revoke",
        "completions",
        "console sign-out",
        "data-actions delete",
        "deliveries content",
        "domains delete",
        "events",
        "flows deactivate",
        "flows delete",
        "flows deprecate",
        "flows label",
        "flows unlabel",
        "fmt",
        "init",
        "interactions attachment",
        "interactions erase",
        "mailboxes authorise",
        "mailboxes delete",
        "mailboxes disable",
        "mailboxes enable",
        "man",
        "queues delete",
        "reference",
        "replays delete",
        "routes delete",
        "schedules emergency off",
        "schedules emergency on",
        "schema",
        "secrets delete",
        "serve",
        "tables export",
        "webhooks delete",
        "webhooks disable",
        "webhooks enable",
    ];

    #[test]
    fn every_command_that_prints_data_prints_json_and_yaml() {
        let command = of(crate::Arguments::command());
        let (mut all, mut without) = (Vec::new(), Vec::new());
        leaves(&command, "", &mut all);
        for name in all {
            let below = |at, word| Command::find_subcommand(at, word).unwrap();
            let leaf = name.split(' ').fold(&command, below);
            let output = leaf.get_arguments().find(|argument| argument.get_long() == Some("output"));
            let values = output.map(Arg::get_possible_values).unwrap_or_default();
            if !["json", "yaml"].iter().all(|form| values.iter().any(|value| value.matches(form, false))) {
                without.push(name);
            }
        }
        without.sort();
        assert_eq!(without, WITHOUT_OUTPUT);
    }

    #[test]
    fn every_command_has_a_good_and_a_bad_use_in_a_session() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/commands");
        let (command, mut good, mut bad) = (of(crate::Arguments::command()), BTreeSet::new(), BTreeSet::new());
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let Ok(session) = std::fs::read_to_string(path) else { continue };
            let lines: Vec<&str> = session.lines().collect();
            for pair in lines.windows(2) {
                let begun = ["$ ", "% await ", "% stop "].iter().find_map(|step| pair[0].strip_prefix(step));
                let Some(name) = begun.and_then(|line| run_by(line, &command)) else { continue };
                match pair[1].strip_prefix("exit ") {
                    Some("0") => good.insert(name),
                    Some(_) => bad.insert(name),
                    None => false,
                };
            }
        }
        let mut all = Vec::new();
        leaves(&command, "", &mut all);
        let without = |uses: &BTreeSet<String>| -> Vec<String> {
            all.iter().filter(|name| !uses.contains(*name)).cloned().collect()
        };
        let (no_good, no_bad) = (without(&good), without(&bad));
        assert!(
            no_good.is_empty() && no_bad.is_empty(),
            "in spec/commands, no use with exit code 0 of {no_good:#?}\nand none with another of {no_bad:#?}"
        );
    }

    #[test]
    fn examples_are_of_what_there_is() {
        let (command, mut wrong) = (of(crate::Arguments::command()), Vec::new());
        for line in EXAMPLES.lines() {
            let alone = line.split(" > ").next().unwrap().split(" < ").next().unwrap().split(" | ").next().unwrap();
            if let Err(error) = command.clone().try_get_matches_from(words(alone))
                && error.kind() != clap::error::ErrorKind::ValueValidation
            {
                wrong.push(format!("{line}: {error}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
