//! The flows of a case, read and checked as a server would, with two queues around them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use uuid::Uuid;
use waypost_engine::{
    Answered, Ask, CallFailure, CallOutcome, Question, Queue, QueueAnswer, ScheduleAnswer, TableAnswer,
};
use waypost_flow::check::{Unresolved, World, check};
use waypost_flow::data_action::Contract;
use waypost_flow::document::{self, Document, FlowReference};
use waypost_flow::email::Members;
use waypost_flow::interface::{InputType, Interface, OutputType};
use waypost_flow::link::Snapshot;
use waypost_flow::program::{
    DataActionTarget, Program, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget,
};
use waypost_flow::source::Node;
use waypost_flow::table::{Column, TableSchema};
use waypost_flow::types::Type;
use waypost_ids::{DataActionId, FlowId, QueueId, ScheduleId, TableId, Version, WebhookId};
use waypost_schedule::State;

use super::{list, mail, member, string};

const QUEUES: [&str; 2] = ["Billing", "General"];

const CUSTOMERS: TableId = TableId(Uuid::from_u128(100));
const OFFICE_HOURS: ScheduleId = ScheduleId(Uuid::from_u128(200));
const ORDERS: WebhookId = WebhookId(Uuid::from_u128(300));
const GET_CUSTOMER: DataActionId = DataActionId(Uuid::from_u128(400));

/// The queue of that name, whatever the case, as the world answers it.
pub(crate) fn find_queue(name: &str) -> Option<&'static str> {
    QUEUES.into_iter().find(|queue| queue.eq_ignore_ascii_case(name))
}

/// The row of the table `Customers`: tier, discount and tags. The second leaves a column out, the third has a wrong one.
pub(crate) fn customer(key: &str) -> Option<Json> {
    Some(match key {
        "shop.example" => json!({ "tier": "gold", "discount": 20, "tags": ["vip", "eu"] }),
        "example.com" => json!({ "tier": "basic" }),
        "broken.example" => json!({ "tier": "basic", "discount": "much" }),
        _ => return None,
    })
}

/// How a call of the data action `Get Customer` ends for a mail address.
fn called(email: &str) -> CallOutcome {
    let failure =
        |code: &str, message: &str, status| CallFailure { code: code.to_owned(), message: message.to_owned(), status };
    let output = match email {
        "ann@shop.example" => json!({ "tier": "gold", "points": 7, "more": { "since": 2020 } }),
        "bob@example.com" => json!({ "tier": "basic" }),
        "eve@broken.example" => json!({ "points": "many" }),
        "ann@late.example" => return CallOutcome::TimedOut(failure("timeout", "no complete answer within 5 s", None)),
        _ => return CallOutcome::Failure(failure("status", "the server answered 503", Some(503))),
    };
    CallOutcome::Success { output: output.as_object().cloned().unwrap() }
}

/// What the world says to a run's question.
pub(crate) fn answer(question: &Question) -> Answered {
    match question.clone() {
        Question::FindQueue(asked) => {
            let queue = find_queue(&asked.name).map(|name| {
                let position = QUEUES.iter().position(|queue| *queue == name).unwrap();
                Queue { id: QueueId(Uuid::from_u128(position as u128 + 1)), name: name.to_owned() }
            });
            asked.answered(QueueAnswer { queue })
        }
        Question::LookupTable(asked) if asked.key == "down.example" => asked.failed("the store is away"),
        Question::LookupTable(asked) => {
            assert_eq!(asked.table, CUSTOMERS);
            let row = customer(&asked.key).and_then(|row| row.as_object().cloned());
            asked.answered(TableAnswer { version: Some(3), row })
        }
        Question::CallDataAction(asked) => {
            assert_eq!(asked.data_action, GET_CUSTOMER);
            let email = asked.input["email"].as_str().unwrap_or_default().to_owned();
            match email.as_str() {
                "nobody@asked.example" => asked.failed("nobody is asked"),
                email => asked.answered(called(email)),
            }
        }
        Question::EvaluateSchedule(asked) => {
            assert_eq!(asked.schedule, OFFICE_HOURS);
            assert_eq!(asked.at.to_string(), "2026-05-04T10:20:30Z");
            asked.answered(ScheduleAnswer {
                state: State::Open,
                name: Some("Monday".to_owned()),
                next_change: Some("2026-05-04T16:00:00Z".parse().unwrap()),
            })
        }
    }
}

/// Checked flows.
pub(crate) struct Flows {
    pub(crate) snapshot: Snapshot,
    start: Arc<Program>,
}

#[derive(Default)]
struct Known {
    names: Vec<String>,
    interfaces: HashMap<(FlowId, Version), Arc<Interface>>,
    published: HashMap<FlowId, Version>,
}

impl Flows {
    pub(crate) fn start(&self) -> &Program {
        &self.start
    }

    /// Reads and checks the flows of a case; says every problem.
    pub(crate) fn read(case: &Node) -> Result<Self, String> {
        let withheld: Vec<&str> = list(member(case, "withhold")).iter().map(string).collect();
        let mut documents = Vec::new();
        for node in list(member(case, "flows")) {
            let read = document::read(node);
            documents.push(read.document.ok_or_else(|| format!("{:#?}", read.diagnostics))?);
        }
        Self::check(&documents, &withheld)
    }

    /// Checks documents; callees stand after their callers.
    pub(crate) fn check(documents: &[Document], withheld: &[&str]) -> Result<Self, String> {
        let mut known = Known::default();
        let mut numbered = Vec::new();
        for document in documents {
            let position = known.names.iter().position(|name| *name == document.name).unwrap_or(known.names.len());
            if position == known.names.len() {
                known.names.push(document.name.clone());
            }
            let flow = FlowId(Uuid::from_u128(position as u128 + 1));
            let version = known.published.entry(flow).or_default();
            *version += 1;
            numbered.push((flow, *version, document));
        }
        let mut snapshot = Snapshot::default();
        let mut start = None;
        for (flow, version, document) in numbered.into_iter().rev() {
            let checked = check(document, flow, version, &known);
            let errors: Vec<_> = checked.diagnostics.iter().filter(|problem| problem.is_error()).collect();
            let program = checked.program.ok_or_else(|| format!("{}: {errors:#?}", document.name))?;
            known.interfaces.insert((flow, version), Arc::new(program.interface.clone()));
            let program = Arc::new(program);
            if !withheld.contains(&document.name.as_str()) {
                snapshot.insert(Arc::clone(&program), known.published.get(&flow) == Some(&version));
            }
            start = Some(program);
        }
        Ok(Self { snapshot, start: start.ok_or("there is no flow")? })
    }
}

impl World for Known {
    fn members(&self) -> &'static Members {
        mail::members()
    }

    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        let name = reference.flow.as_ref()?;
        let position = self.names.iter().position(|known| known == name)?;
        Some(FlowId(Uuid::from_u128(position as u128 + 1)))
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        let version = match selector {
            Selector::Published => *self.published.get(&flow).ok_or(Unresolved::Unpublished)?,
            Selector::Version(version) => *version,
            Selector::Label(_) => return Err(Unresolved::Label),
        };
        self.interfaces.get(&(flow, version)).cloned().ok_or(Unresolved::Version)
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let position = QUEUES.iter().position(|name| *name == written)?;
        Some(QueueTarget { id: QueueId(Uuid::from_u128(position as u128 + 1)), name: Arc::from(written) })
    }

    fn table(&self, written: &str) -> Option<TableTarget> {
        let column = |name: &str, data_type| Column { name: name.to_owned(), data_type };
        let strings = Type::List(Box::new(Type::String));
        let columns = vec![column("tier", Type::String), column("discount", Type::Integer), column("tags", strings)];
        let schema = Arc::new(TableSchema { ignore_case: false, columns });
        (written == "Customers").then(|| TableTarget { id: CUSTOMERS, name: Arc::from(written), schema })
    }

    fn schedule(&self, written: &str) -> Option<ScheduleTarget> {
        (written == "Office hours").then(|| ScheduleTarget { id: OFFICE_HOURS, name: Arc::from(written) })
    }

    fn webhook(&self, written: &str) -> Option<WebhookTarget> {
        (written == "Orders").then(|| WebhookTarget { id: ORDERS, name: Arc::from(written) })
    }

    fn data_action(&self, written: &str) -> Option<DataActionTarget> {
        let input = |name: &str, data_type, required| InputType { name: name.to_owned(), data_type, required };
        let output = |name: &str, data_type| OutputType { name: name.to_owned(), data_type };
        let contract = Arc::new(Contract {
            inputs: vec![input("email", Type::String, true), input("words", Type::list_of_strings(), false)],
            outputs: vec![output("tier", Type::String), output("points", Type::Integer), output("more", Type::Json)],
        });
        (written == "Get Customer").then(|| DataActionTarget { id: GET_CUSTOMER, name: Arc::from(written), contract })
    }

    fn flow_names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn queue_names(&self) -> Vec<String> {
        QUEUES.map(str::to_owned).to_vec()
    }
}
