//! The actions of the flow language, one file each: members and their reader, facts, compiler. The rest of the language reads the
//! [`facts`] and never asks which action it has. The engine's half is in `crates/engine/src/actions`, in a file of the same name.

mod addresses;
mod call;
pub mod call_data_action;
pub mod definition;
pub mod disconnect;
pub mod evaluate_schedule;
pub mod facts;
pub mod find_queue;
pub mod for_each;
pub mod forward;
pub mod jumps;
pub mod letter;
pub mod log;
pub mod lookup_table;
mod mapping;
pub mod r#return;
pub mod run_flow;
pub mod send_mail;
pub mod send_reply;
pub mod send_webhook;
pub mod set_attributes;
pub mod set_outcome;
pub mod set_output;
pub mod set_priority;
pub mod set_variable;
pub mod transfer_to_flow;
pub mod transfer_to_queue;
pub mod r#while;

use std::sync::LazyLock;

use serde::Serialize;

use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::program::ProgramAction;
pub use call::Handover;
use definition::{ActionDefinition, Takes};
use facts::{Facts, PartsMut, ProgramFacts};

/// An action as documents write it. Strings in value positions may hold `${…}`.
trait Written: Sized {
    /// The same, ready to run.
    type Program;

    /// Its members, in words.
    const DEFINITION: ActionDefinition;

    /// Reads its own members. What can't be read is a hole: an empty name, or null.
    fn read(reader: &mut Reader, object: &Object<'_>) -> Self;

    /// What others may know of it.
    fn facts(&self) -> Facts<'_>;

    /// What others may change in it.
    fn parts_mut(&mut self) -> PartsMut<'_>;

    /// Compiles it; none if it has an error, which is in the draft's problems.
    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<Self::Program>;
}

/// An action that is ready to run.
trait Runnable {
    /// What others may know of it.
    fn facts(&self) -> ProgramFacts<'_>;

    /// The actions inside of it, if it is a loop. Apart from the facts, because a run asks for it at every step of a loop.
    fn inside(&self) -> &[ProgramAction];
}

type ReadAction = fn(&mut Reader, &Object<'_>) -> ActionKind;

/// Makes of a list of actions what needs them all. This is the only list of actions in the language.
macro_rules! actions {
    ($($module:ident: $written:ident, $program:ident;)+) => {
        /// What an action does.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "type", rename_all = "camelCase")]
        pub enum ActionKind {
            $(
                #[doc = concat!("`", stringify!($written), "`.")]
                $written($module::$written),
            )+
        }

        /// What an action of a program does.
        #[derive(Debug)]
        pub enum ProgramActionKind {
            $(
                #[doc = concat!("`", stringify!($written), "`.")]
                $written($module::$program),
            )+
        }

        /// All actions.
        pub const ACTIONS: &[ActionDefinition] = &[$($module::$written::DEFINITION),+];

        /// How each of them is read, in the same order.
        const READERS: &[ReadAction] =
            &[$(|reader, object| ActionKind::$written($module::$written::read(reader, object))),+];

        impl ActionKind {
            /// What others may know of it.
            pub fn facts(&self) -> Facts<'_> {
                match self {
                    $(Self::$written(action) => action.facts(),)+
                }
            }

            pub(crate) fn parts_mut(&mut self) -> PartsMut<'_> {
                match self {
                    $(Self::$written(action) => action.parts_mut(),)+
                }
            }

            pub(crate) fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramActionKind> {
                match self {
                    $(Self::$written(action) => action.compile(draft).map(ProgramActionKind::$written),)+
                }
            }

            /// Its type, as documents spell it.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$written(_) => $module::$written::DEFINITION.name,)+
                }
            }
        }

        impl ProgramActionKind {
            /// What others may know of it.
            pub fn facts(&self) -> ProgramFacts<'_> {
                match self {
                    $(Self::$written(action) => action.facts(),)+
                }
            }

            /// The actions inside of it, if it is a loop.
            pub fn inside(&self) -> &[ProgramAction] {
                match self {
                    $(Self::$written(action) => action.inside(),)+
                }
            }

            /// Its type, as documents spell it.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$written(_) => $module::$written::DEFINITION.name,)+
                }
            }
        }
    };
}

actions! {
    run_flow: RunFlow, ProgramRunFlow;
    transfer_to_flow: TransferToFlow, ProgramTransferToFlow;
    set_variable: SetVariable, ProgramSetVariable;
    set_output: SetOutput, ProgramSetOutput;
    set_attributes: SetAttributes, ProgramSetAttributes;
    set_priority: SetPriority, ProgramSetPriority;
    set_outcome: SetOutcome, ProgramSetOutcome;
    send_reply: SendReply, ProgramSendReply;
    send_mail: SendMail, ProgramSendMail;
    send_webhook: SendWebhook, ProgramSendWebhook;
    for_each: ForEach, ProgramForEach;
    r#while: While, ProgramWhile;
    call_data_action: CallDataAction, ProgramCallDataAction;
    lookup_table: LookupTable, ProgramLookupTable;
    evaluate_schedule: EvaluateSchedule, ProgramEvaluateSchedule;
    find_queue: FindQueue, ProgramFindQueue;
    transfer_to_queue: TransferToQueue, ProgramTransferToQueue;
    forward: Forward, ProgramForward;
    disconnect: Disconnect, ProgramDisconnect;
    r#return: Return, ProgramReturn;
    log: Log, ProgramLog;
}

/// The definition of the action of that name, in any case, and how its members are read.
pub(crate) fn find(name: &str) -> Option<(&'static ActionDefinition, ReadAction)> {
    ACTIONS.iter().zip(READERS.iter().copied()).find(|(action, _)| action.name.eq_ignore_ascii_case(name))
}

/// Stands for an action that could not be read, so that those behind it keep their places. It is in no document that can run.
pub(crate) fn unread() -> ActionKind {
    ActionKind::Return(r#return::Return {})
}

/// Whether an action has a mapping of that name.
pub(crate) fn is_mapping(name: &str) -> bool {
    /// Each name once: comparing documents asks for every list in them.
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let members = ACTIONS.iter().flat_map(|action| action.members);
        let mappings = members.filter(|member| matches!(member.takes, Takes::Mappings));
        let mut names: Vec<_> = mappings.map(|member| member.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    NAMES.contains(&name)
}
