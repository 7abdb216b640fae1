//! What can be asked of a store. Each method is one transaction: all of it is on stable storage when it answers `Ok`, or nothing is.
//! Methods may be called at the same time from many tasks and, on some stores, from many machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;
use waypost_ids::{DeliveryId, FlowId, InteractionId, MailboxId, QueueId, TableId, Version};

use crate::error::{AnnotationError, ClientError, CommitError, LeaseError, StoreError, TableError};
use crate::leases::Lease;
use crate::records::access::{ClientRecord, TokenRecord};
use crate::records::activity::{Minute, Traffic};
use crate::records::annotations::{Positions, PositionsChange, TextChange, TextKept, TextRecord};
use crate::records::audit::{AuditFilter, AuditRecord};
use crate::records::catalogue::{Catalogue, CatalogueChange, Epoch, FlowEvent, FlowRecord, RouteRecord, VersionRecord};
use crate::records::correspondents::{Correspondence, Correspondent, ErasureRecord};
use crate::records::events::{Hint, Listeners};
use crate::records::facts::Facts;
use crate::records::mail::{
    AcceptOutcome, Acceptance, AttributesSet, ClaimedRun, IdempotencyKey, InteractionFilter, InteractionRecord,
    RunClaim, RunRecord, RunSummary, Summary,
};
use crate::records::mailboxes::{
    FolderRecord, MailboxTokenUse, MailboxTokens, Place, SetAsideRecord, TakenRecord, WatchRecord,
};
use crate::records::outbox::{
    Attempted, BouncedOf, Content as MailContent, DeliveryClaim, DeliveryFilter, DeliveryRecord, Ledger, Outgoing,
    SendOutcome, Transfer, Unchanged, Way,
};
use crate::records::outside::Sealed;
use crate::records::queues::{DepthOf, QueueClaim, QueueDepth, QueueLease};
use crate::records::replays::{Recorded, ReplayChange, ReplayRecord, ReplayState};
use crate::records::retention::{RetentionLimits, Swept};
use crate::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, Import, RowAt, RowChanged, RowCounts, RowsAt,
    TableRow,
};
use crate::records::threads::{Joined, ThreadClues};

/// Flows, versions, queues, domains, routes, tables without their rows, schedules.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// The newest epoch.
    async fn epoch(&self) -> Result<Epoch, StoreError>;

    /// Everything that runs and publishing need, read at one epoch; of versions only the published ones.
    async fn load(&self) -> Result<Catalogue, StoreError>;

    /// Those of the versions that exist, in no order. What a version holds never changes, so it belongs to every epoch.
    async fn some_versions(&self, keys: &[(FlowId, Version)]) -> Result<Vec<VersionRecord>, StoreError>;

    /// Commits `changes` if the epoch is still `expected`, and answers the new epoch. A queue that is to be deleted while decided or
    /// claimed work stands in it refuses all of them, with `Occupied`, which names every such queue: nobody could claim what stands in a queue that is gone. Work
    /// that is decided at the same time comes before this, and is seen here, or after it, and is not kept as decided.
    async fn commit(&self, expected: Epoch, changes: Vec<CatalogueChange>) -> Result<Epoch, CommitError>;

    /// A flow, deleted ones included.
    async fn flow(&self, id: FlowId) -> Result<Option<FlowRecord>, StoreError>;

    /// A route, deleted ones included: mail that was bound to one stays bound.
    async fn route(&self, id: Uuid) -> Result<Option<RouteRecord>, StoreError>;

    /// Deleted flows.
    async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, StoreError>;

    /// One version.
    async fn version(&self, id: FlowId, version: Version) -> Result<Option<VersionRecord>, StoreError>;

    /// What was done to a flow, newest first, `limit` of them after `offset`, and how many there are in all.
    async fn flow_events(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<FlowEvent>, u64), StoreError>;

    /// A flow's versions, newest first, `limit` of them after `offset`, and how many there are in all.
    async fn versions(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<VersionRecord>, u64), StoreError>;
}

/// What is kept beside flows: how versions were written, and where nodes are drawn. It changes nothing that runs, and so no epoch. A flow
/// that another client has checked out is refused.
#[async_trait]
pub trait AnnotationStore: Send + Sync {
    /// A version as it was written; none if nobody wrote it, or if there is no such version.
    async fn version_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError>;

    /// The newest text of a version and those before it; none if nobody wrote any of them.
    async fn newest_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError>;

    /// Keeps a text. The one that is there already keeps its revision, and leaves no log entry. The log entry's actor is who writes; its
    /// states are filled in.
    async fn put_version_text(&self, change: TextChange, audit: AuditRecord) -> Result<TextKept, AnnotationError>;

    /// Where a flow's nodes are drawn, as far as people moved them.
    async fn positions(&self, id: FlowId) -> Result<Positions, StoreError>;

    /// Sets and removes positions; others stay. Answers all of them.
    async fn set_positions(
        &self,
        id: FlowId,
        actor: &str,
        change: PositionsChange,
    ) -> Result<Positions, AnnotationError>;
}

/// Accepted mail, runs, decisions.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// Keeps a message and its interactions, duplicates counted, runs that were offered included. A run of another epoch than the
    /// newest is dropped, and so is one whose decision names a queue that is gone (it may have been bound before the queue went):
    /// the interaction is kept as `Received`.
    async fn accept(&self, acceptance: Acceptance) -> Result<AcceptOutcome, StoreError>;

    /// Claims interactions that wait for a run, oldest first. Expired leases count as waiting. Each claim counts an attempt, which
    /// is on stable storage before this answers: a run that ends its process is told from one that waits.
    async fn claim_runs(&self, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError>;

    /// Renews the lease of `claim_runs`, until its new end; answers whether it was still held.
    async fn renew_run(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError>;

    /// Renews the lease that a run was parked under, until its new end: its answer is under way. Answers whether it is still waited for.
    async fn renew_parked(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError>;

    /// Gives a claimed run back without a decision. Unless it was `attempted`, this attempt is not counted. A lease that was lost is
    /// left alone.
    async fn release_run(&self, id: InteractionId, lease: Uuid, attempted: bool) -> Result<(), StoreError>;

    /// Parks a run under the lease of `claim_runs`, with what it was answered so far: it waits for an answer from outside, and no worker
    /// claims it before the answer is there, or the lease's new end has come. Its attempts are counted anew. What was erased keeps no
    /// journal.
    async fn park_run(&self, id: InteractionId, lease: Lease, journal: String) -> Result<(), LeaseError>;

    /// What the run that an interaction waits for was answered before it was parked; none if it was not.
    async fn parked_journal(&self, id: InteractionId) -> Result<Option<String>, StoreError>;

    /// Lets a run go on, with this journal, that was parked under a lease: any worker may claim it. Answers whether it was parked under
    /// that lease; what was parked again since waits for another answer.
    async fn resume_run(&self, id: InteractionId, lease: Uuid, journal: String) -> Result<bool, StoreError>;

    /// Records a run and its decision under the lease of `claim_runs`, and answers whether it did; attempts are counted anew. A decision that names a queue
    /// that is gone is not kept: the interaction waits for another run, as if there had been none.
    async fn record_run(&self, id: InteractionId, lease: Uuid, run: RunRecord) -> Result<bool, LeaseError>;

    /// Makes a decided or completed interaction wait for another run, asked for by the log entry's actor; what is claimed or waiting
    /// already is refused with `Lost`. Unless `resend`, the run that comes sends only what was never sent.
    async fn rerun(&self, id: InteractionId, resend: bool, audit: AuditRecord) -> Result<(), LeaseError>;

    /// Completes a decided or claimed interaction, whoever holds it; idempotent. What waits for a run is refused with `Lost`.
    async fn complete(&self, id: InteractionId, audit: AuditRecord) -> Result<(), LeaseError>;

    /// Sets attributes, others stay, unless names and values would take more than `most` bytes together. What is set stands over what
    /// runs leave, those that end later included; it is no part of a run, and no run sees it.
    async fn set_attributes(
        &self,
        id: InteractionId,
        attributes: BTreeMap<String, String>,
        most: usize,
        audit: AuditRecord,
    ) -> Result<AttributesSet, StoreError>;

    /// One interaction.
    async fn interaction(&self, id: InteractionId) -> Result<Option<InteractionRecord>, StoreError>;

    /// Newest first, after the cursor's interaction.
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionRecord>, StoreError>;

    /// All ended runs of an interaction, first to last.
    async fn runs(&self, id: InteractionId) -> Result<Vec<RunSummary>, StoreError>;

    /// The ended runs of each of these interactions, first to last, for lists: their attributes, traces and journals are left empty.
    async fn runs_of(&self, ids: Vec<InteractionId>) -> Result<Vec<Vec<RunSummary>>, StoreError>;

    /// The raw message; none when erased.
    async fn raw_message(&self, id: InteractionId) -> Result<Option<Bytes>, StoreError>;

    /// What was found out about an interaction's mail as it came in; nothing if it was erased.
    async fn facts(&self, id: InteractionId) -> Result<Facts, StoreError>;

    /// Erases message, subject, traces, journals, all attributes (of the opening, of each run, those that were set), and reasons and error messages
    /// of decisions of one interaction, and its opening, except where it is to go if a run is still to come; answers whether it exists. The ledger
    /// row stays. A run that ends later brings nothing back: neither its trace nor its attributes nor its words are kept.
    async fn erase(&self, id: InteractionId, audit: AuditRecord) -> Result<bool, StoreError>;

    /// Counts over everything.
    async fn summary(&self) -> Result<Summary, StoreError>;
}

/// Work in queues.
#[async_trait]
pub trait QueueStore: Send + Sync {
    /// Leases up to `claim.max` interactions: higher priority first, then older first. Expired leases are claimed again.
    async fn claim(&self, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError>;

    /// Completes an interaction that was claimed from this queue; idempotent.
    async fn acknowledge(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError>;

    /// Releases a claimed interaction.
    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError>;

    /// Renews a lease that has time left, until its new end.
    async fn extend(&self, queue: QueueId, lease: Lease, now: Timestamp) -> Result<(), LeaseError>;

    /// How much waits in each of these queues, in their order. What it costs does not grow with what waits.
    async fn depths(&self, queues: &[DepthOf]) -> Result<Vec<QueueDepth>, StoreError>;
}

/// What goes out. Mail is kept with what it is sent for: with a run ([`RunRecord::sends`]), or under a claim.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Brings deliveries nearer that a clock which was ahead put off beyond [`FARTHEST`](crate::records::outbox::FARTHEST): they are due now. Those
    /// that somebody carries keep their lease, which ends at `lease_ends` unless it is renewed. At most
    /// [`BROUGHT_NEARER`](crate::records::outbox::BROUGHT_NEARER) at a time; answers how many there were.
    async fn bring_nearer(&self, way: Way, lease_ends: Timestamp, now: Timestamp) -> Result<u32, StoreError>;

    /// Claims deliveries that are due, longest due first. Expired leases count as due. Each claim counts an attempt, which is on
    /// stable storage before this answers.
    async fn claim_deliveries(&self, claim: DeliveryClaim, now: Timestamp) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Renews the lease of a claimed delivery, until its new end; answers whether it was still held.
    async fn renew_delivery(&self, id: DeliveryId, lease: Lease) -> Result<bool, StoreError>;

    /// Ends an attempt under its lease, with what that means for the interaction: a forward that everybody has completes it, one that is dead
    /// puts it into the queue that its decision names. Answers whether the lease was held, else nothing is kept.
    async fn end_attempt(
        &self,
        id: DeliveryId,
        lease: Uuid,
        attempted: Attempted,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes that mail came back: deliveries that were sent, or may have been, are bounced, with what that means for the interaction.
    /// Answers which.
    async fn bounce(&self, of: BouncedOf, says: &str, now: Timestamp) -> Result<Vec<DeliveryId>, StoreError>;

    /// One delivery.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, StoreError>;

    /// Newest first, after the cursor's delivery.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// The bytes of a delivery's mail; none if there is no such delivery, or they were erased.
    async fn delivery_content(&self, id: DeliveryId) -> Result<Option<MailContent>, StoreError>;

    /// Gives a dead delivery another content, which no other recipient shares.
    async fn edit_delivery(
        &self,
        id: DeliveryId,
        content: MailContent,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError>;

    /// Makes a pending, dead or bounced delivery due at once, and its time count anew; an interaction that stands in a queue because of it, unclaimed,
    /// is going out again.
    async fn retry_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError>;

    /// The same for all that match, up to `max` of them, oldest first; answers how many. Without a state the filter means dead ones.
    async fn retry_deliveries(&self, filter: &DeliveryFilter, max: u32, audit: AuditRecord) -> Result<u64, StoreError>;

    /// Cancels a pending or dead delivery; an interaction whose forward that was goes to the queue that its decision names.
    async fn cancel_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError>;

    /// Whether an interaction is claimed under this token, with time left.
    async fn is_claimed(&self, interaction: InteractionId, token: Uuid, now: Timestamp) -> Result<bool, StoreError>;

    /// Keeps a mail that whoever claimed an interaction sends, under the claim's token. A request whose key was used before is answered by
    /// that, also when the claim has ended since.
    async fn send(
        &self,
        interaction: InteractionId,
        token: Uuid,
        mail: Outgoing,
        idempotency: Option<IdempotencyKey>,
        audit: AuditRecord,
    ) -> Result<SendOutcome, LeaseError>;

    /// Puts a claimed interaction into another queue, under the claim's token; one that delivers pushes it from there. A queue that is gone is refused with [`LeaseError::NoQueue`].
    async fn transfer(
        &self,
        interaction: InteractionId,
        token: Uuid,
        to: Transfer,
        audit: AuditRecord,
    ) -> Result<(), LeaseError>;

    /// Pushes what waits in a queue, decided and claimed by nobody, for the queue delivers it now. Answers whether it waited there still;
    /// else nothing is kept.
    async fn push(
        &self,
        interaction: InteractionId,
        queue: QueueId,
        push: Outgoing,
        audit: AuditRecord,
    ) -> Result<bool, StoreError>;

    /// From now on these are told what happens, in the transaction that it happens in. The first who ask are kept.
    fn open_ears(&self, listeners: Arc<dyn Listeners>);

    /// Completes a claimed interaction under the claim's token, with an outcome if one is given; idempotent.
    async fn complete_claimed(
        &self,
        interaction: InteractionId,
        token: Uuid,
        outcome: Option<String>,
        audit: AuditRecord,
    ) -> Result<(), LeaseError>;

    /// Counts over all rows; a delivery that is due since before `overdue` counts as one that nobody carries. It reads everything.
    async fn ledger(&self, overdue: Timestamp, most_stuck: u32) -> Result<Ledger, StoreError>;

    /// The key of that name which all nodes share; `offered` if there is none yet.
    async fn shared_key(&self, name: &str, offered: [u8; 32]) -> Result<[u8; 32], StoreError>;

    /// The key of that name which all nodes share, if there is one.
    async fn known_shared_key(&self, name: &str) -> Result<Option<[u8; 32]>, StoreError>;

    /// Replaces a shared key if it still is `before`; answers whether it was.
    async fn replace_shared_key(&self, name: &str, before: [u8; 32], after: [u8; 32]) -> Result<bool, StoreError>;
}

/// Which thread mail belongs to.
#[async_trait]
pub trait ThreadStore: Send + Sync {
    /// The thread that a mail joins, with the newest of its interactions; none if it begins one. What is committed while this reads may
    /// be missed: two mails that come at the same moment may have the same position.
    async fn thread_of(&self, clues: ThreadClues) -> Result<Option<Joined>, StoreError>;
}

/// Clients and tokens.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Inserts a client of revision 1, or replaces the one whose revision is one less, and answers whether it did: not, if others
    /// were quicker. Tokens of a replaced client whose secret changed, or that was revoked, are removed. Whoever is the last admin
    /// stays one: anything else is refused, whatever others do at the same moment.
    async fn put_client(&self, client: ClientRecord, audit: AuditRecord) -> Result<bool, ClientError>;

    /// Removes a client and its tokens; answers whether it was there. The last admin stays.
    async fn delete_client(&self, id: &str, audit: AuditRecord) -> Result<bool, ClientError>;

    /// A client.
    async fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError>;

    /// All clients, by id.
    async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError>;

    /// Keeps a token that was asked for with the secret whose hash is `secret_hash`, and answers whether it did: not for a client
    /// that is gone or revoked, nor for one that has another secret by now. A change of the client comes before this, and is seen
    /// here, or after it, and removes the token. Tokens that ended before `token.issued_at` may be removed on the way.
    async fn put_token(&self, token: TokenRecord, secret_hash: &str) -> Result<bool, StoreError>;

    /// A token by its hash, expired or not.
    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError>;

    /// Removes a token and answers whether it was there: of many who remove one at the same time, one is told so.
    async fn delete_token(&self, hash: &[u8; 32]) -> Result<bool, StoreError>;

    /// Keeps a token in the place of another, as [`AccessStore::put_token`] does, and answers whether it did: not if the other is gone by
    /// now. Of many who exchange one at the same time, one does.
    async fn exchange_token(&self, spent: &[u8; 32], token: TokenRecord, secret_hash: &str)
    -> Result<bool, StoreError>;

    /// Removes a client's sessions and the links that would begin others; its bearer tokens stay. Answers how many sessions there were.
    async fn delete_sessions(&self, client_id: &str) -> Result<u64, StoreError>;
}

/// Rows of data tables. A table's rows have versions, and older ones can be read as long as they are kept; a row is stored once for all
/// the versions that it did not change in.
#[async_trait]
pub trait TableStore: Send + Sync {
    /// What there is of a table's rows.
    async fn content(&self, table: TableId) -> Result<Content, TableError>;

    /// The row under a folded key, at a version or the newest.
    async fn row(&self, table: TableId, folded: &str, at: Option<ContentVersion>) -> Result<RowAt, TableError>;

    /// Rows whose folded keys come after `after`: so many skipped, then up to so many, at a version or the newest.
    async fn rows(
        &self,
        table: TableId,
        after: Option<&str>,
        page: (u64, u32),
        at: Option<ContentVersion>,
    ) -> Result<RowsAt, TableError>;

    /// Inserts or replaces a row; with `new`, one whose key is taken is refused with `Exists`.
    async fn put_row(
        &self,
        table: TableId,
        row: TableRow,
        new: bool,
        change: ContentChange,
    ) -> Result<RowChanged, TableError>;

    /// Removes a row.
    async fn delete_row(&self, table: TableId, folded: &str, change: ContentChange) -> Result<RowChanged, TableError>;

    /// Versions of a table's rows, newest first, `limit` of them after `offset`, and how many there are in all.
    async fn content_versions(
        &self,
        table: TableId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<ContentVersionRecord>, u64), TableError>;

    /// Begins to write the next version, and answers the newest. Until the end everybody reads that one and nobody else changes it:
    /// others are refused with `Importing`. Should the right run out, a sweep takes back what was written.
    async fn begin_import(
        &self,
        import: Import,
        expected: Option<ContentVersion>,
    ) -> Result<ContentVersion, TableError>;

    /// Writes rows of the next version, and ends rows of the newest there. Writing none keeps the right.
    async fn write_import(&self, import: Import, puts: Vec<TableRow>, removes: Vec<String>) -> Result<(), TableError>;

    /// Makes what was written the newest version, and answers its number; if nothing differs there is no version.
    async fn finish_import(
        &self,
        import: Import,
        counts: RowCounts,
        audit: AuditRecord,
    ) -> Result<ContentVersion, TableError>;

    /// Gives the right back: sweeps take back what was written.
    async fn abandon_import(&self, import: Import) -> Result<(), TableError>;

    /// Takes back up to about `max` rows of contents that were abandoned, or whose right ran out; answers how many it saw to, 0 when
    /// there is nothing to do.
    async fn take_back(&self, max: u32, now: Timestamp) -> Result<u64, StoreError>;
}

/// Mailboxes of other servers: who watches them, and what was taken from them. That a message was taken is kept with the mail itself
/// ([`Acceptance::taken_from`]).
#[async_trait]
pub trait MailboxStore: Send + Sync {
    /// Starts watching a mailbox, unless a node already does.
    async fn watch_mailbox(
        &self,
        mailbox: MailboxId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<WatchRecord>, StoreError>;

    /// Goes on watching until the lease's new end, and tells how the mailbox is; answers whether the lease was still held.
    async fn keep_watching(&self, mailbox: MailboxId, lease: Lease, health: String) -> Result<bool, StoreError>;

    /// Stops watching: others may begin. A lease that was lost is left alone.
    async fn end_watch(&self, mailbox: MailboxId, lease: Uuid, health: String) -> Result<(), StoreError>;

    /// All mailboxes that were ever watched.
    async fn mailbox_watches(&self) -> Result<Vec<WatchRecord>, StoreError>;

    /// Starts fetching tokens, unless a node already does; returns the stored ones. One node at a time fetches, whichever watches the mailbox.
    async fn begin_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<MailboxTokens>, StoreError>;

    /// Keeps tokens in place of those before, and ends the lease under which they were fetched; or from a person, who needs none. Answers
    /// whether it did.
    async fn keep_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Option<Uuid>,
        tokens: Sealed,
    ) -> Result<bool, StoreError>;

    /// Stops fetching tokens: others may begin. A lease that was lost is left alone.
    async fn end_tokens(&self, mailbox: MailboxId, used_for: MailboxTokenUse, lease: Uuid) -> Result<(), StoreError>;

    /// The tokens of all mailboxes.
    async fn mailbox_tokens(&self) -> Result<Vec<MailboxTokens>, StoreError>;

    /// A folder as it was last looked at.
    async fn mailbox_folder(&self, mailbox: MailboxId, folder: &str) -> Result<Option<FolderRecord>, StoreError>;

    /// Keeps how far a folder was looked at, under the lease of whoever watches; answers whether it did.
    async fn put_mailbox_folder(
        &self,
        mailbox: MailboxId,
        lease: Uuid,
        folder: FolderRecord,
    ) -> Result<bool, StoreError>;

    /// What is known of the messages from a place to a UID, ascending.
    async fn known_messages(&self, place: Place, to: u32) -> Result<Vec<TakenRecord>, StoreError>;

    /// Messages from a place on that were taken, and with which nothing was done in their folder yet.
    async fn unfinished_messages(&self, place: Place, limit: u32) -> Result<Vec<u32>, StoreError>;

    /// Whether a message of this content was taken from a mailbox.
    async fn is_content_known(&self, mailbox: MailboxId, hash: [u8; 32]) -> Result<bool, StoreError>;

    /// Notes what became of messages of a folder. What was taken or settled is never to be taken again, whatever is noted.
    async fn note_messages(&self, place: Place, notes: Vec<TakenRecord>, now: Timestamp) -> Result<(), StoreError>;

    /// How many messages of a mailbox were set aside.
    async fn set_aside(&self, mailbox: MailboxId) -> Result<u64, StoreError>;

    /// Messages of a mailbox that were set aside, by folder and UID, `limit` of them after a place.
    async fn set_aside_messages(
        &self,
        mailbox: MailboxId,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<SetAsideRecord>, StoreError>;

    /// Has messages that were set aside tried again: one, or all of a mailbox. Answers how many there were. Those that the server has numbered
    /// anew since stay as they are: they are looked at under their new numbers.
    async fn retry_set_aside(&self, mailbox: MailboxId, one: Option<Place>) -> Result<u64, StoreError>;

    /// Messages from a place on, below a UID, at which attempts failed and are to be made again.
    async fn open_messages(&self, place: Place, below: u64, limit: u32) -> Result<Vec<u32>, StoreError>;
}

/// Replays of recorded mail.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// Stores a new replay, not started.
    async fn add_replay(&self, replay: ReplayRecord) -> Result<(), StoreError>;

    /// Begins the oldest open replay that nobody holds the right to, and counts the start.
    async fn begin_replay(&self, lease: Lease, now: Timestamp) -> Result<Option<ReplayRecord>, StoreError>;

    /// Says how far a replay came and keeps the right; answers whether it was still held.
    async fn continue_replay(&self, id: Uuid, lease: Lease, progress: String) -> Result<bool, StoreError>;

    /// Ends a replay with its report and what differs, in this order; answers whether the right was still held, else nothing is kept.
    /// What differs in an interaction that was erased meanwhile is not kept.
    async fn end_replay(
        &self,
        id: Uuid,
        token: Uuid,
        state: ReplayState,
        report: String,
        changes: Vec<ReplayChange>,
    ) -> Result<bool, StoreError>;

    /// One replay.
    async fn replay(&self, id: Uuid) -> Result<Option<ReplayRecord>, StoreError>;

    /// Replays, newest first, `limit` of them after `offset`, and how many there are in all.
    async fn replays(&self, offset: u64, limit: u32) -> Result<(Vec<ReplayRecord>, u64), StoreError>;

    /// What differs, in the order in which it was kept, without traces.
    async fn replay_changes(&self, id: Uuid) -> Result<Vec<String>, StoreError>;

    /// The traces of one interaction that differs.
    async fn replay_traces(&self, id: Uuid, interaction: InteractionId) -> Result<Option<String>, StoreError>;

    /// Removes a replay, even a running one; returns whether it existed.
    async fn delete_replay(&self, id: Uuid) -> Result<bool, StoreError>;

    /// What replays need of these interactions, in no order. A raw message beyond `most_bytes` is left out: it is read by itself.
    async fn recorded(&self, ids: &[InteractionId], most_bytes: u32) -> Result<Vec<Recorded>, StoreError>;
}

/// Who changed what. Entries are written with the changes themselves.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Newest first, after the cursor's entry.
    async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;
}

/// What is kept no longer than it must be.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Removes up to `max` records of each kind that have passed their retention, oldest first; answers how many. What is undecided,
    /// unclaimed or claimed is never touched: time counts from an interaction's completion.
    async fn sweep(&self, limits: RetentionLimits, max: u32, now: Timestamp) -> Result<Swept, StoreError>;
}

/// What is kept of people who write in or are written to.
#[async_trait]
pub trait CorrespondentStore: Send + Sync {
    /// Interactions that concern a correspondent, oldest first, after the cursor's interaction.
    async fn correspondence(
        &self,
        who: &Correspondent,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Correspondence>, StoreError>;

    /// Stores a new erasure, not started.
    async fn add_erasure(&self, erasure: ErasureRecord, audit: AuditRecord) -> Result<(), StoreError>;

    /// One erasure.
    async fn erasure(&self, id: Uuid) -> Result<Option<ErasureRecord>, StoreError>;

    /// Erasures, newest first, `limit` of them after `offset`, and how many there are in all.
    async fn erasures(&self, offset: u64, limit: u32) -> Result<(Vec<ErasureRecord>, u64), StoreError>;

    /// Begins the oldest erasure that is not over and that nobody holds the right to, or goes on with it.
    async fn begin_erasure(&self, lease: Lease, now: Timestamp) -> Result<Option<ErasureRecord>, StoreError>;

    /// Erases what up to `max` interactions have of the correspondent, and keeps the right. Answers how far the erasure is; none if the
    /// right was lost. Once all is erased, replays that name the address are removed, and the address is forgotten.
    async fn erase_next(
        &self,
        id: Uuid,
        lease: Lease,
        max: u32,
        now: Timestamp,
    ) -> Result<Option<ErasureRecord>, StoreError>;

    /// Keeps the right to an erasure; answers whether it was still held.
    async fn renew_erasure(&self, id: Uuid, lease: Lease) -> Result<bool, StoreError>;

    /// Removes from the database's own files what was erased before, as far as other work can go on meanwhile. With `compact` the database
    /// is rewritten, so that free space holds nothing either: until then others wait.
    async fn scrub(&self, compact: bool) -> Result<(), StoreError>;

    /// Ends an erasure of which all is erased; answers whether the right was still held.
    async fn end_erasure(&self, id: Uuid, token: Uuid, audit: AuditRecord) -> Result<bool, StoreError>;
}

/// What was done when, and by whom: what people look at.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// What was done in each minute from one time to another, both minutes included, by the minute's number since 1970; minutes in which
    /// nothing was done are left out. It reads what was counted, never the mail itself.
    async fn activity(&self, from: Timestamp, to: Timestamp) -> Result<BTreeMap<i64, Minute>, StoreError>;

    /// What flows that routes lead to were run for since the hour that a time is in.
    async fn flow_traffic(&self, from: Timestamp) -> Result<BTreeMap<FlowId, Traffic>, StoreError>;

    /// The last that was done to each of these flows, in no order.
    async fn last_flow_events(&self, flows: &[FlowId]) -> Result<Vec<FlowEvent>, StoreError>;
}

/// Whether there is room.
pub trait RoomStore: Send + Sync {
    /// Whether mail would be taken just now, as far as this is known without asking: it costs nothing.
    ///
    /// # Errors
    /// `Full` while the disk is full, and `Damaged` when the store is gone: then nothing else is written either.
    fn takes_mail(&self) -> Result<(), StoreError>;
}

/// What the other processes on a store do.
#[async_trait]
pub trait PeerStore: Send + Sync {
    /// Hears of it; none where no other process can write. What is heard is a hint: some may be missed while a connection is lost.
    fn heard(&self) -> Option<watch::Receiver<Heard>>;

    /// Tells those who watch, on all nodes, of what no transaction changed.
    fn tell(&self, hint: Hint);

    /// Tells the others how many requests of a client this process let in since it last told, by the second since 1970; answers what
    /// they told in turn, from the second `since` on. Not for ever: a crash of the database may forget it.
    async fn share_requests(
        &self,
        client: &str,
        admitted: &[(i64, u32)],
        since: i64,
    ) -> Result<Vec<(i64, u32)>, StoreError>;
}

/// What other processes told. The numbers only count: a change of one is a reason to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The catalogue changed.
    pub catalogue: u64,
    /// Interactions wait for a run, or came to a queue.
    pub work: u64,
}

/// A whole store.
pub trait Store:
    CatalogueStore
    + MailStore
    + QueueStore
    + OutboxStore
    + AccessStore
    + ActivityStore
    + AnnotationStore
    + AuditStore
    + ReplayStore
    + MailboxStore
    + RetentionStore
    + CorrespondentStore
    + RoomStore
    + PeerStore
    + TableStore
    + ThreadStore
{
}

impl<T> Store for T where
    T: CatalogueStore
        + MailStore
        + QueueStore
        + OutboxStore
        + AccessStore
        + ActivityStore
        + AnnotationStore
        + AuditStore
        + ReplayStore
        + MailboxStore
        + RetentionStore
        + CorrespondentStore
        + RoomStore
        + PeerStore
        + TableStore
        + ThreadStore
{
}
