//! `waypost mailboxes`: mailboxes of other servers that mail is taken from.

mod set_aside;
mod settings;

use std::io::Write;
use std::time::Duration;

use waypost_flow::diagnostic::counted;
use waypost_wire::mailbox::{Mailbox, MailboxRequest, MailboxState, MailboxSubmission, MailboxTest};

use crate::asking::Deleting;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output, Printing};
use crate::which;
use settings::Settings;

/// Sub-commands of `mailboxes`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List mailboxes with their health
    List(Listing),
    /// Show a mailbox's settings and health
    Show(Show),
    /// Create a mailbox; mail that arrives from now on is taken
    Create(Box<Create>),
    /// Change a mailbox's settings; others stay
    Update(Box<Update>),
    /// Find out what is wrong with a mailbox, without taking or changing anything there
    Test(Show),
    /// Authorise access to a mailbox: print a code and where to confirm it, and wait for the confirmation
    Authorise(One),
    /// List messages that were set aside, with the reason
    SetAside(Show),
    /// Retry messages that were set aside: all of a mailbox, or one
    Retry(set_aside::Retry),
    /// Watch a mailbox again
    Enable(One),
    /// Stop taking mail from a mailbox
    Disable(One),
    /// Delete a mailbox and its record of taken messages
    Delete(Delete),
}

/// Arguments of `show`, and of what else prints about one.
#[derive(clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments about one mailbox.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The mailbox's name or id
    name: String,
}

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// A name for the mailbox, such as Support
    name: String,
    /// The IMAP server, such as imap.example.com
    #[arg(long, value_name = "HOST")]
    host: String,
    /// The user to log in as, often the mailbox's address, such as support@example.com
    #[arg(long)]
    user: String,
    /// The address whose route the mail takes, such as support@example.com; `waypost routes create` creates a route
    #[arg(long, value_name = "ADDRESS")]
    route: String,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `update`.
#[derive(clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The IMAP server, such as imap.example.com
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The user to log in as, often the mailbox's address, such as support@example.com
    #[arg(long)]
    user: Option<String>,
    /// The address whose route the mail takes, such as support@example.com; `waypost routes create` creates a route
    #[arg(long, value_name = "ADDRESS")]
    route: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// Member to unset: submission leaves what goes out by the route to the smarthost
    #[arg(long, value_name = "MEMBER", value_delimiter = ',', value_enum, conflicts_with = "submission_host")]
    unset: Vec<Unset>,
    #[command(flatten)]
    printing: Printing,
}

/// What a mailbox need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Unset {
    Submission,
}

impl Update {
    /// Adds what was said to a request.
    fn apply(&self, request: &mut MailboxRequest) {
        if self.unset.contains(&Unset::Submission) {
            request.submission = None;
        }
        let said =
            [(&self.host, &mut request.host), (&self.user, &mut request.user), (&self.route, &mut request.route)];
        for (said, member) in said {
            if let Some(said) = said {
                member.clone_from(said);
            }
        }
        self.settings.apply(request);
    }
}

impl One {
    fn find(&self) -> Result<(Remote, Mailbox), Failure> {
        let remote = self.server.connect()?;
        let all = remote.all(remote.mailboxes().list())?;
        let found = which::one("mailbox", &self.name, all, |one| (one.id.to_string(), one.name.clone()))?;
        Ok((remote, found))
    }
}

/// Arguments of `delete`.
#[derive(clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    deleting: Deleting,
}

/// Exit code 0: done; 1: the server refused, or the test found something; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Show(arguments) => show(arguments, out),
        Command::Create(arguments) => {
            let remote = arguments.server.connect()?;
            let mut request = MailboxRequest {
                name: arguments.name.clone(),
                host: arguments.host.clone(),
                user: arguments.user.clone(),
                route: arguments.route.clone(),
                ..MailboxRequest::default()
            };
            arguments.settings.apply(&mut request);
            let made = remote.wait(remote.mailboxes().create(&request))?;
            Ok(arguments.printing.print(out, &made, format_args!("mailbox {}: created", made.name))?)
        }
        Command::Update(arguments) => {
            let changed = change(&arguments.one, |request| arguments.apply(request))?;
            Ok(arguments.printing.print(out, &changed, format_args!("mailbox {}: changed", changed.name))?)
        }
        Command::Test(arguments) => {
            let (remote, mailbox) = arguments.one.find()?;
            let test = remote.wait(remote.mailboxes().test(mailbox.id))?;
            told(&mailbox.name, &test, arguments.printing.output, out)
        }
        Command::Authorise(one) => authorise(one, out),
        Command::SetAside(arguments) => set_aside::list(arguments, out),
        Command::Retry(arguments) => set_aside::retry(arguments, out),
        Command::Enable(one) => state(one, MailboxState::Enabled, out),
        Command::Disable(one) => state(one, MailboxState::Disabled, out),
        Command::Delete(Delete { one, deleting }) => {
            let (remote, mailbox) = one.find()?;
            deleting.agreed(&format!("delete the mailbox {} and what is known of its messages?", mailbox.name))?;
            remote.wait(remote.mailboxes().delete(mailbox.id))?;
            Ok(writeln!(out, "mailbox {}: deleted", mailbox.name)?)
        }
    }
}

/// Changes a mailbox.
fn change(one: &One, change: impl Fn(&mut MailboxRequest)) -> Result<Mailbox, Failure> {
    let (remote, mailbox) = one.find()?;
    let id = mailbox.id;
    let again = || remote.wait(remote.mailboxes().get(id));
    let changed = remote.change(mailbox, again, |mailbox| {
        let mut request = asked(mailbox.clone());
        change(&mut request);
        remote.wait(remote.mailboxes().update(id, &request, mailbox.version.parse().ok()))
    });
    Ok(changed?)
}

/// What asks for a mailbox to be as it is.
fn asked(mailbox: Mailbox) -> MailboxRequest {
    MailboxRequest {
        name: mailbox.name,
        host: mailbox.host,
        port: Some(mailbox.port),
        tls: Some(mailbox.tls),
        user: mailbox.user,
        auth: mailbox.auth,
        folders: Some(mailbox.folders),
        start: Some(mailbox.start),
        after: Some(mailbox.after),
        route: mailbox.route,
        submission: mailbox.submission,
        state: Some(mailbox.state),
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, one: &Mailbox| {
        let health = one.health.clone().unwrap_or_default();
        let time = |time: Option<waypost_wire::time::Time>| time.map(|time| time.to_string()).unwrap_or_default();
        // One that is over is in `show`, with its time.
        let error = health.last_error.filter(|_| health.status == "failing").unwrap_or_default();
        Ok([
            one.name.clone(),
            health.status,
            time(health.last_look_at),
            time(health.last_mail_at),
            one.route.clone(),
            table::clip(&error, 80),
        ])
    };
    let heading = ["NAME", "STATUS", "LAST CHECK", "LAST MAIL", "ROUTE", "ERROR"];
    arguments.print(out, |remote| remote.mailboxes().list(), heading, row)
}

fn show(arguments: &Show, out: &mut impl Write) -> Result<(), Failure> {
    let (_, mailbox) = arguments.one.find()?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &mailbox)?);
    }
    let after = &mailbox.after;
    let after = match (&after.flag, &after.move_to) {
        (Some(flag), _) => format!("flag {flag}"),
        (None, Some(folder)) => format!("move to {folder}"),
        (None, None) => "delete".to_owned(),
    };
    let health = mailbox.health.clone().unwrap_or_default();
    let mut rows = vec![
        ["name".to_owned(), mailbox.name.clone()],
        ["server".to_owned(), format!("{}, port {}, tls {:?}", mailbox.host, mailbox.port, mailbox.tls).to_lowercase()],
        ["user".to_owned(), mailbox.user.clone()],
        ["folders".to_owned(), mailbox.folders.join(", ")],
        ["start".to_owned(), mailbox.start.clone()],
        ["after".to_owned(), after],
        ["route".to_owned(), mailbox.route.clone()],
        ["submission".to_owned(), mailbox.submission.as_ref().map_or_else(String::new, submission)],
        ["status".to_owned(), health.status],
    ];
    let more = [
        ("last check", health.last_look_at.map(|time| time.to_string())),
        ("last mail", health.last_mail_at.map(|time| time.to_string())),
        ("last error", health.last_error),
        ("error at", health.last_error_at.map(|time| time.to_string())),
        ("do", health.suggestion),
        ("set aside", (health.set_aside > 0).then(|| counted(health.set_aside, "message"))),
    ];
    rows.extend(more.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])));
    Ok(table::rows(out, ["MEMBER", "VALUE"], &rows)?)
}

fn submission(submission: &MailboxSubmission) -> String {
    let MailboxSubmission { host, port, tls, user, .. } = submission;
    let (port, tls) = (port.unwrap_or_default(), tls.unwrap_or_default());
    let user = user.as_ref().map(|user| format!(", user {user}")).unwrap_or_default();
    let tls = format!("{tls:?}").to_lowercase();
    format!("{host}, port {port}, tls {tls}{user}")
}

fn told(name: &str, test: &MailboxTest, output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        output.write(out, test)?;
    }
    for check in test.checks.iter().filter(|_| !output.is_data()) {
        let mark = if check.ok { "ok" } else { "FAILED" };
        writeln!(out, "{mark:<6}  {}: {}", table::flat(&check.check), table::flat(&check.detail))?;
        if let Some(suggestion) = &check.suggestion {
            writeln!(out, "        {}", table::flat(suggestion))?;
        }
    }
    if test.ok { Ok(()) } else { Err(Failure::Refused(format!("mailbox {name}: a check failed; fix it first"))) }
}

/// The code and the address are on stdout; what becomes of them on stderr.
fn authorise(one: &One, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, mailbox) = one.find()?;
    let asked = remote.wait(remote.mailboxes().authorise(mailbox.id, None))?;
    let (code, place) = (asked.user_code.unwrap_or_default(), asked.verification_uri.unwrap_or_default());
    writeln!(out, "open {} and type {}", table::flat(&place), table::flat(&code))?;
    out.flush()?;
    writeln!(screen::stderr(), "waiting until {} confirms it", table::flat(&mailbox.user))?;
    let (mut interval, mut handle) = (asked.interval, asked.handle);
    loop {
        std::thread::sleep(Duration::from_secs(interval.unwrap_or(5).max(1)));
        let answer = remote.wait(remote.mailboxes().authorise(mailbox.id, handle.clone()))?;
        if answer.status == "done" {
            return Ok(writeln!(out, "mailbox {}: authorised", mailbox.name)?);
        }
        // The provider may want to be asked less often, and an answer of its own replaces the code.
        (interval, handle) = (answer.interval.or(interval), answer.handle.or(handle));
    }
}

fn state(one: &One, state: MailboxState, out: &mut impl Write) -> Result<(), Failure> {
    let mailbox = change(one, |request| request.state = Some(state))?;
    let word = match mailbox.state {
        MailboxState::Enabled => "enabled",
        MailboxState::Disabled => "disabled",
    };
    Ok(writeln!(out, "mailbox {}: {word}", mailbox.name)?)
}
