//! Examples of commands, and the groups that the options of `serve` are shown in.

use clap::{Arg, Command};

/// Examples by command. A test misses every command that has none.
const EXAMPLES: [(&str, &str); 42] = [
    ("serve", "waypost serve --data-dir /var/lib/waypost --smtp 0.0.0.0:25 --tls-cert cert.pem --tls-key key.pem"),
    ("plan", "waypost plan project\nwaypost plan project --out plan.json --replay 1000"),
    ("apply", "waypost apply --dry-run project\nwaypost apply project\nwaypost apply --plan plan.json"),
    ("export", "waypost export project"),
    ("diff", "waypost diff before after\nwaypost diff before after --witness --out witness.eml"),
    ("events", "waypost events"),
    ("init", "waypost init project"),
    ("validate", "waypost validate project"),
    ("explain", "waypost explain flow.cycle"),
    ("reference", "waypost reference | less"),
    ("schema", "waypost schema test > test.schema.json\nwaypost schema --write project/.schemas"),
    (
        "run",
        "waypost run --flows project --trace mail.eml\nwaypost run --flows project --to care@example.com --output json mails/",
    ),
    ("test", "waypost test project --threshold 100 --junit results.xml"),
    ("replay", "waypost replay project --max-changed 0\nwaypost replay --before old --after new mails/"),
    ("replays", "waypost replays list\nwaypost replays show ID\nwaypost replays traces ID INTERACTION"),
    ("flows", "waypost flows show \"Email Classifier\"\nwaypost flows used-by \"Email Classifier\" --transitive"),
    ("queues", "waypost queues list\nwaypost queues claim Billing"),
    ("domains", "waypost domains create example.com"),
    (
        "routes",
        "waypost routes list\nwaypost routes create care@example.com --flow Inbound --from-name \"Customer care\"",
    ),
    ("skills", "waypost skills list"),
    ("languages", "waypost languages list"),
    ("tables", "waypost tables import Customers customers.csv --note \"new prices\""),
    ("schedules", "waypost schedules evaluate \"Office hours\" --at 2026-12-24T18:00:00+01:00"),
    ("mailboxes", "waypost mailboxes test Support"),
    ("webhooks", "waypost webhooks list"),
    ("data-actions", "waypost data-actions test \"Get customer\" --input '{\"email\": \"ann@example.org\"}'"),
    ("secrets", "waypost secrets set crmToken --host crm.example.com < token.txt"),
    ("clients", "waypost clients create Reports --scope flow:read,email:read > reports.secret"),
    ("console", "waypost console link"),
    ("audit", "waypost audit"),
    (
        "correspondents",
        "waypost correspondents find ann@example.org\nwaypost correspondents export ann@example.org --out ann\nwaypost correspondents erase ann@example.org",
    ),
    ("backup", "waypost backup --data-dir /var/lib/waypost /backups/waypost.db"),
    ("check", "waypost check --data-dir /var/lib/waypost"),
    (
        "doctor",
        "waypost doctor --config /etc/waypost/waypost.toml\nwaypost doctor --url https://mail.example.com --output json",
    ),
    ("completions", "waypost completions bash > /etc/bash_completion.d/waypost"),
    ("man", "waypost man /usr/local/share/man/man1"),
    ("mail", "waypost mail send --smtp 127.0.0.1:2525 mail.eml"),
    (
        "interactions",
        "waypost interactions list --queue Billing --state decided\nwaypost interactions trace 019aa3f2-71",
    ),
    ("deliveries", "waypost deliveries list --state dead"),
    ("dkim", "waypost dkim new example.com --dir keys"),
    ("ledger", "waypost ledger"),
    (
        "fmt",
        "waypost fmt project\nwaypost fmt --check project\nwaypost fmt --diff project/routing.yaml\nwaypost fmt - < flow.yaml",
    ),
];

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
        match EXAMPLES.iter().find(|(name, _)| *name == one.get_name()) {
            Some((_, examples)) => one.after_help(shown(examples)),
            None => one,
        }
    })
}

fn shown(examples: &str) -> String {
    let lines: Vec<String> = examples.lines().map(|line| format!("  {line}")).collect();
    let heading = if lines.len() == 1 { "Example" } else { "Examples" };
    format!("{heading}:\n{}", lines.join("\n"))
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
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_an_example() {
        let command = of(crate::Arguments::command());
        let without: Vec<&str> =
            command.get_subcommands().filter(|one| one.get_after_help().is_none()).map(Command::get_name).collect();
        assert!(without.is_empty(), "{without:?}");
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

    #[test]
    fn examples_are_of_what_there_is() {
        let (command, mut wrong) = (of(crate::Arguments::command()), Vec::new());
        for (name, examples) in EXAMPLES {
            for line in examples.lines() {
                let alone = line.split(" > ").next().unwrap().split(" < ").next().unwrap().split(" | ").next().unwrap();
                if let Err(error) = command.clone().try_get_matches_from(words(alone))
                    && error.kind() != clap::error::ErrorKind::ValueValidation
                {
                    wrong.push(format!("{name}: {line}: {error}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
