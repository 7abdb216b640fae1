//! A table, a schedule, a webhook and a data action that documents name.

use std::sync::Arc;

use uuid::Uuid;
use waypost_flow::data_action::Contract;
use waypost_flow::interface::{InputType, OutputType};
use waypost_flow::program::{DataActionTarget, ScheduleTarget, TableTarget, WebhookTarget};
use waypost_flow::table::{Column, TableSchema};
use waypost_flow::types::Type;
use waypost_ids::{DataActionId, ScheduleId, TableId, WebhookId};

pub(crate) fn table(written: &str) -> Option<TableTarget> {
    let columns = vec![Column { name: "tier".to_owned(), data_type: Type::String }];
    let schema = Arc::new(TableSchema { ignore_case: false, columns });
    (written == "Customers").then(|| TableTarget { id: TableId(Uuid::nil()), name: Arc::from(written), schema })
}

pub(crate) fn schedule(written: &str) -> Option<ScheduleTarget> {
    let id = ScheduleId(Uuid::nil());
    (written == "Office hours").then(|| ScheduleTarget { id, name: Arc::from(written) })
}

pub(crate) fn webhook(written: &str) -> Option<WebhookTarget> {
    let id = WebhookId(Uuid::nil());
    (written == "Orders").then(|| WebhookTarget { id, name: Arc::from(written) })
}

/// A data action that takes these texts; whether each is required.
pub(crate) fn data_action(written: &str, inputs: &[(&str, bool)]) -> Option<DataActionTarget> {
    let input =
        |&(name, required): &(&str, bool)| InputType { name: name.to_owned(), data_type: Type::String, required };
    let output = |name: &str, data_type| OutputType { name: name.to_owned(), data_type };
    let contract = Arc::new(Contract {
        inputs: inputs.iter().map(input).collect(),
        outputs: vec![output("tier", Type::String), output("points", Type::Integer)],
    });
    let id = DataActionId(Uuid::nil());
    (written == "Get Customer").then(|| DataActionTarget { id, name: Arc::from(written), contract })
}
