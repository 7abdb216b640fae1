//! Data actions as objects of the catalogue.

use waypost_data_action::DataAction;
use waypost_store::records::outside::DataActionRecord;

/// A data action of the catalogue.
#[derive(Debug)]
pub struct KnownDataAction {
    /// As it is stored.
    pub record: DataActionRecord,
    /// What it does.
    pub action: DataAction,
}
