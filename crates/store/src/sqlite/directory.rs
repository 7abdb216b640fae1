//! The data directory: who holds it, and whether its files are those that were left there.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
use rustix::io::Errno;
use uuid::Uuid;

use super::check::With;
use super::state::{self, Phase, Record, Remembered};
use super::{check, room, schema, tally};
use crate::error::StoreError;
use crate::sums::sum;

/// The database's name.
pub(super) const DATABASE: &str = "waypost.db";

/// What the database's write-ahead log is called.
pub(super) const LOG: &str = "waypost.db-wal";

/// What the index of the log is called, which is made anew whenever it is missing.
pub(super) const INDEX: &str = "waypost.db-shm";

/// What an operator can do about a store that lost something.
const ADVICE: &str = "restore a backup and remove `waypost.state`, `waypost.db-wal` and `waypost.db-shm`, or remove only `waypost.state` to \
     continue with what is there (`waypost check` shows what that is)";

/// The `application_id` of a backup that no server has opened yet ("Wayp"); a store's own database has none. A backup is complete, so a log
/// beside it is of the database that it replaces.
const BACKUP_MARK: u32 = 0x5761_7970;

/// Where the `application_id` is in a database's header ("The SQLite Database File Format", section 1.3).
const MARK_PLACE: usize = 68;

/// Locks the data directory for this process; the locks go with the process, however it ends. The directory itself is locked: a file
/// could be removed and made again. The file is what earlier releases lock, and what is locked where directories can't be.
pub(super) fn lock(data_dir: &Path) -> Result<Vec<File>, StoreError> {
    let failed = |error: io::Error| {
        StoreError::Failed(format!("the data directory `{}` can't be locked: {error}", data_dir.display()))
    };
    let directory = take(File::open(data_dir).map_err(failed)?, data_dir);
    if let Err(error @ StoreError::InUse(_)) = directory {
        return Err(error);
    }
    match File::options().create(true).truncate(false).write(true).open(data_dir.join("waypost.lock")) {
        Ok(file) => Ok(directory.into_iter().chain([take(file, data_dir)?]).collect()),
        // On a full disk there may be no room for a file's name.
        Err(error) => directory.map(|held| vec![held]).map_err(|_| failed(error)),
    }
}

fn take(file: File, data_dir: &Path) -> Result<File, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(data_dir.display().to_string())),
        Err(TryLockError::Error(error)) => {
            Err(StoreError::Failed(format!("the data directory `{}` can't be locked: {error}", data_dir.display())))
        }
    }
}

/// Refuses files that are not those that were left there, before anything is opened: SQLite would apply whatever log there is, and make
/// a database where there is none.
pub(super) fn inspect(data_dir: &Path, remembered: &Remembered) -> Result<(), StoreError> {
    findings(data_dir, remembered)?.into_iter().next().map_or(Ok(()), Err)
}

/// What is wrong with the files as they are.
pub(super) fn findings(data_dir: &Path, remembered: &Remembered) -> Result<Vec<StoreError>, StoreError> {
    let database = Head::<100>::read(&data_dir.join(DATABASE))?;
    let log = LogHead::read(data_dir)?;
    let mut found = Vec::new();
    let mut damaged = |what: String, detail: String| found.push(StoreError::Damaged { what, detail });
    let state = if database.is_some() { "empty" } else { "missing" };
    let Some(database) = database.filter(|database| database.bytes > 0) else {
        let had = match remembered {
            Remembered::Nothing if log.is_some_and(|log| log.bytes > 0) => {
                Some(format!("its write-ahead log `{LOG}` is there: restore a backup, or move the log away to start empty"))
            }
            Remembered::Nothing => signs_of_use(data_dir).map(|names| {
                format!(
                    "a server ran here, which left {names}: restore a backup, name its `--database` if it has one, or move these away to \
                     begin with nothing"
                )
            }),
            Remembered::Unreadable => Some(format!("`{}` is there: {ADVICE}", state::NAME)),
            Remembered::Known(_, record) => Some(format!("{}: {ADVICE}", had_commits(record))),
        };
        if let Some(had) = had {
            damaged(format!("the database `{DATABASE}` is {state}"), had);
        }
        return Ok(found);
    };
    if !database.is_database() {
        let detail = format!("its header is not one of ours: {ADVICE}");
        damaged(format!("`{DATABASE}` is not a database any more"), detail);
        return Ok(found);
    }
    // SQLite would apply such a log, whose salts say nothing of the database: pages of one in the other.
    if database.is_backup() && log.as_ref().is_some_and(|log| log.salts.is_some()) {
        let detail = format!(
            "`{DATABASE}` is a restored backup, and the log is of the database that was there before: also remove `{LOG}`, `{INDEX}` \
             and `{}`",
            state::NAME
        );
        damaged(format!("the write-ahead log `{LOG}` does not belong to `{DATABASE}`"), detail);
        return Ok(found);
    }
    let record = remembered.record();
    let known = record.zip(log.as_ref().and_then(|log| log.salts));
    let is_ours = known.filter(|(record, salts)| record.may_have_log(*salts));
    let begins = is_ours.map_or(0, |(record, salts)| record.folded_before(salts));
    if begins > 0
        && let Some(has) = folded(data_dir).filter(|has| *has < begins)
    {
        // SQLite would apply the log to it: pages of one in the other.
        let detail = format!(
            "`{DATABASE}` is an older copy, with {has} commits, and the log goes on after {begins}: to restore the copy, also remove `{LOG}`, \
             `{INDEX}` and `{}`; to continue with what was there, put the newer `{DATABASE}` back",
            state::NAME
        );
        damaged(format!("the write-ahead log `{LOG}` does not belong to `{DATABASE}`"), detail);
        return Ok(found);
    }
    let least = record.map_or(0, |record| record.bytes);
    // The header's page count stands while no log has a newer one, and if the last writer set it ("The SQLite Database File Format",
    // section 1.3.8).
    let counted = if log.as_ref().is_none_or(|log| log.salts.is_none()) { database.counted_bytes() } else { 0 };
    if database.bytes < least.max(counted) {
        let detail = format!("expected {} bytes or more, found {}: {ADVICE}", least.max(counted), database.bytes);
        damaged(format!("the database `{DATABASE}` is cut short"), detail);
    }
    if known.is_some() && is_ours.is_none() {
        let detail = format!("it is not the one that belongs to `{DATABASE}`: put that back, or move this one away");
        damaged(format!("the write-ahead log `{LOG}` is foreign or damaged"), detail);
    }
    Ok(found)
}

/// Refuses a database of another program before it is opened, which would change its header. With a log that holds something the file alone
/// says nothing.
pub(super) fn refuse_foreign(data_dir: &Path) -> Result<(), StoreError> {
    let path = data_dir.join(DATABASE);
    if LogHead::holds(data_dir)? || !fs::metadata(&path).is_ok_and(|found| found.len() > 0) {
        return Ok(());
    }
    schema::refuse_foreign(&check::open(&path, With::Nothing)?)
}

/// How many commits the database file has without its log; none if that can't be told, such as after a crash while the log was folded into it.
fn folded(data_dir: &Path) -> Option<u64> {
    let db = check::open(&data_dir.join(DATABASE), With::Nothing).ok()?;
    tally::commits(&db).ok().flatten()
}

/// Takes the mark of a backup away, before anything is written to its log.
pub(super) fn adopt(path: &Path) -> Result<(), StoreError> {
    let marked = File::options().write(true).open(path).and_then(|file| mark(&file, false));
    marked.map_err(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed(format!("`{}` can't be written: {error}", path.display())),
    })
}

/// Marks a database as a backup that no server has opened yet, or takes that mark away. In place, so that it can't be in a log: to be called
/// while nobody has the database open.
pub(super) fn mark(database: &File, is_backup: bool) -> io::Result<()> {
    let mark = if is_backup { BACKUP_MARK } else { 0 };
    database.write_all_at(&mark.to_be_bytes(), MARK_PLACE as u64)?;
    database.sync_all()
}

/// What a server left in a directory whose database and state are gone; none if it is new. A reserve without content is no sign: it is made
/// before the database.
fn signs_of_use(data_dir: &Path) -> Option<String> {
    let left = |name: &&str| match fs::metadata(data_dir.join(name)) {
        Ok(found) => *name != room::NAME || found.len() > 0,
        Err(_) => false,
    };
    let names: Vec<String> = ["admin-client.json", "underway", room::NAME]
        .into_iter()
        .filter(left)
        .map(|name| format!("`{name}`"))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether the database of a directory is a backup that no server has opened yet.
pub(super) fn has_backup(data_dir: &Path) -> Result<bool, StoreError> {
    Ok(Head::<100>::read(&data_dir.join(DATABASE))?
        .is_some_and(|database| database.is_database() && database.is_backup()))
}

/// That the directory does not know how far its database was.
pub(super) fn unreadable_state() -> StoreError {
    StoreError::Damaged {
        what: format!("`{}` is damaged", state::NAME),
        detail: "whether commits are missing can't be told; the next start writes it anew".to_owned(),
    }
}

/// Files that were not there beside the database. SQLite makes them for whoever only reads, and they hold nothing of their own then.
pub(super) struct Beside(Vec<PathBuf>);

impl Beside {
    /// Those that are missing now.
    pub(super) fn missing(data_dir: &Path) -> Self {
        Self([LOG, INDEX].map(|name| data_dir.join(name)).into_iter().filter(|path| !path.exists()).collect())
    }

    /// Removes those that were made since; to be called when nothing was written, and the database is closed.
    pub(super) fn remove(self) {
        for path in self.0 {
            if path.ends_with(INDEX) || fs::metadata(&path).is_ok_and(|found| found.len() == 0) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Refuses a database that no server may work on: another program's, not the one that was left there, or a newer release's. Nothing was written
/// to it yet.
pub(super) fn admit(db: &Connection, data_dir: &Path, remembered: &Remembered) -> Result<(), StoreError> {
    schema::refuse_foreign(db)?;
    compare(db, data_dir, remembered)?;
    schema::refuse_newer(db, schema::MIGRATIONS).map(drop)
}

/// Refuses a database that is not the one that was left there, or holds less than it did.
pub(super) fn compare(db: &Connection, data_dir: &Path, remembered: &Remembered) -> Result<(), StoreError> {
    let Some(record) = remembered.record() else { return Ok(()) };
    let damaged = |what: &str, detail: String| {
        Err(StoreError::Damaged {
            what: format!("the database `{DATABASE}` {what}"),
            detail: format!("{detail}: {ADVICE}"),
        })
    };
    let found = Facts::read(db)?;
    match found.store {
        Some(store) if store == record.store => {}
        Some(_) => return damaged("is another server's", "this directory remembers another one".to_owned()),
        None => return damaged("is older than the one that this directory records", had_commits(record)),
    }
    if found.commits < record.commits {
        let detail =
            format!("{}, and {} are there{}", had_commits(record), found.commits, log_state(data_dir, record)?);
        return damaged("lost commits", detail);
    }
    if found.format < record.format {
        return damaged("is damaged", format!("its format is {}, and was {}", found.format, record.format));
    }
    if found.format == record.format && found.schema != record.schema {
        return damaged("is damaged", "its schema is not the one that was left".to_owned());
    }
    Ok(())
}

fn had_commits(record: &Record) -> String {
    format!("{} commits were made", record.commits)
}

/// What may have become of the commits that are missing.
fn log_state(data_dir: &Path, record: &Record) -> Result<String, StoreError> {
    if record.phase == Phase::Stopped {
        return Ok(String::new());
    }
    // Opening made an empty one if there was none.
    let state = match LogHead::read(data_dir)? {
        None | Some(LogHead { bytes: 0, .. }) => "missing or empty",
        Some(_) => "cut short or damaged",
    };
    Ok(format!("; the write-ahead log `{LOG}` is {state}"))
}

impl Record {
    /// How many commits the database file has at least, if its log has these salts. A log begins anew once all of it is in the database.
    pub(super) fn folded_before(&self, salts: [u32; 2]) -> u64 {
        if salts == self.salts { self.folded } else { self.commits }
    }

    /// Whether a log may be this store's. One that begins anew counts its first salt up by one, and its first commit may not have been
    /// noted yet; nobody was answered then.
    fn may_have_log(&self, [first, second]: [u32; 2]) -> bool {
        match self.phase {
            Phase::Opening => true,
            Phase::Open => [first, second] == self.salts || first == self.salts[0].wrapping_add(1),
            Phase::Stopped => false,
        }
    }
}

/// What a database says of itself.
pub(super) struct Facts {
    /// None in databases of earlier releases.
    pub(super) store: Option<Uuid>,
    pub(super) commits: u64,
    pub(super) format: u32,
    pub(super) schema: u32,
}

impl Facts {
    pub(super) fn read(db: &Connection) -> Result<Self, StoreError> {
        let named = |db: &Connection| {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'identity'";
            db.query_row(sql, (), |_| Ok(())).optional()
        };
        let store: Option<[u8; 16]> = match named(db)? {
            Some(()) => db.query_row("SELECT store FROM identity", (), |row| row.get(0)).optional()?,
            None => None,
        };
        let commits = if store.is_some() { tally::commits(db)? } else { None };
        let format: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        // What SQLite makes by itself (statistics of ANALYZE) is left out.
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut schema = String::new();
        let mut select = db.prepare(sql)?;
        let mut rows = select.query(())?;
        while let Some(row) = rows.next()? {
            let _ = writeln!(schema, "{}", row.get::<_, String>(0)?);
        }
        let schema = u32::try_from(sum(schema.as_bytes())).unwrap_or_default();
        Ok(Self { store: store.map(Uuid::from_bytes), commits: commits.unwrap_or(0), format, schema })
    }
}

/// A file's size and its first bytes.
struct Head<const N: usize> {
    bytes: u64,
    head: [u8; N],
}

impl Head<100> {
    /// Whether it begins as our databases do: with a log, payload fractions that are fixed, a schema that SQLite knows, in UTF-8
    /// ("The SQLite Database File Format", section 1.3).
    fn is_database(&self) -> bool {
        let versions = [18, 19].map(|place| self.head.get(place).copied().unwrap_or_default());
        self.head.starts_with(b"SQLite format 3\0")
            && versions.iter().all(|version| matches!(version, 1 | 2))
            && self.number(20) & 0x00FF_FFFF == 0x0040_2020
            && (0..=4).contains(&self.number(44))
            && matches!(self.number(56), 0 | 1)
    }

    /// Whether it is a backup that no server has opened yet.
    fn is_backup(&self) -> bool {
        self.number(MARK_PLACE) == BACKUP_MARK
    }
}

impl<const N: usize> Head<N> {
    fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let failed = |error: io::Error| StoreError::Unavailable(format!("`{}` can't be read: {error}", path.display()));
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let bytes = file.metadata().map_err(failed)?.len();
        let mut head = [0; N];
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest).map_err(failed)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(Some(Self { bytes, head }))
    }

    fn number(&self, place: usize) -> u32 {
        let bytes = self.head.get(place..).and_then(|rest| rest.first_chunk());
        bytes.copied().map_or(0, u32::from_be_bytes)
    }

    /// The size that a database's header tells; 0 if it does not.
    fn counted_bytes(&self) -> u64 {
        let page = match (self.number(16) >> 16) as u16 {
            1 => 65_536,
            size => u64::from(size),
        };
        if self.number(24) == self.number(92) { page * u64::from(self.number(28)) } else { 0 }
    }
}

/// What a write-ahead log begins with.
pub(super) struct LogHead {
    pub(super) bytes: u64,
    /// None if it holds nothing.
    pub(super) salts: Option<[u32; 2]>,
}

impl LogHead {
    pub(super) fn path(data_dir: &Path) -> PathBuf {
        data_dir.join(LOG)
    }

    /// Whether there is a log that holds something.
    pub(super) fn holds(data_dir: &Path) -> Result<bool, StoreError> {
        Ok(Self::read(data_dir)?.is_some_and(|log| log.salts.is_some()))
    }

    pub(super) fn read(data_dir: &Path) -> Result<Option<Self>, StoreError> {
        let Some(head) = Head::<32>::read(&Self::path(data_dir))? else { return Ok(None) };
        // The last bit says how its checksums are computed.
        let begun = head.bytes >= 32 && head.number(0) & !1 == 0x377f_0682;
        Ok(Some(Self { bytes: head.bytes, salts: begun.then(|| [head.number(16), head.number(20)]) }))
    }
}

/// Makes the names of files survive a loss of power.
pub(super) fn sync(data_dir: &Path) -> Result<(), StoreError> {
    File::open(data_dir)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| StoreError::Failed(format!("the data directory could not be synced: {error}")))
}

/// What tells one file from another of the same name: device and inode.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

/// A file as it is found.
pub(super) struct Found {
    pub(super) id: FileId,
    /// Its size.
    pub(super) bytes: u64,
}

impl Found {
    /// None if there is no such file.
    ///
    /// Its times are not asked for: since Linux 6.13 the next write to a file whose times were seen sets them anew, however soon it comes,
    /// and each commit would change the log's inode.
    pub(super) fn at(path: &Path) -> Option<Self> {
        match statx(CWD, path, AtFlags::empty(), StatxFlags::INO | StatxFlags::SIZE) {
            Ok(found) => {
                let device = makedev(found.stx_dev_major, found.stx_dev_minor);
                Some(Self { id: FileId(device, found.stx_ino), bytes: found.stx_size })
            }
            Err(Errno::NOENT) => None,
            // Where that call is not to be had.
            Err(_) => {
                let found = fs::metadata(path).ok()?;
                Some(Self { id: FileId(found.dev(), found.ino()), bytes: found.len() })
            }
        }
    }
}
