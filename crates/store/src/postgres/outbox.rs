//! What goes out.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{DeliveryId, InteractionId};

use super::PostgresStore;
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::outbox::{
    Attempted, BouncedOf, Content, DeliveryClaim, DeliveryFilter, DeliveryRecord, Ledger, Outgoing, Transfer, Unchanged,
};
use crate::traits::OutboxStore;

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn claim_deliveries(
        &self,
        _claim: DeliveryClaim,
        _now: Timestamp,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn renew_delivery(&self, _id: DeliveryId, _lease: Lease) -> Result<bool, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn end_attempt(
        &self,
        _id: DeliveryId,
        _lease: Uuid,
        _attempted: Attempted,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn bounce(&self, _of: BouncedOf, _says: &str, _now: Timestamp) -> Result<Vec<DeliveryId>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn delivery(&self, _id: DeliveryId) -> Result<Option<DeliveryRecord>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn deliveries(
        &self,
        _filter: &DeliveryFilter,
        _after: Option<DeliveryId>,
        _limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn delivery_content(&self, _id: DeliveryId) -> Result<Option<Content>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn edit_delivery(
        &self,
        _id: DeliveryId,
        _content: Content,
        _audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn retry_delivery(
        &self,
        _id: DeliveryId,
        _audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn retry_deliveries(
        &self,
        _filter: &DeliveryFilter,
        _max: u32,
        _audit: AuditRecord,
    ) -> Result<u64, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn cancel_delivery(
        &self,
        _id: DeliveryId,
        _audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn send(
        &self,
        _interaction: InteractionId,
        _token: Uuid,
        _mail: Outgoing,
        _audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        Err(LeaseError::from(StoreError::Failed("to come".to_owned())))
    }

    async fn transfer(
        &self,
        _interaction: InteractionId,
        _token: Uuid,
        _to: Transfer,
        _audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        Err(LeaseError::from(StoreError::Failed("to come".to_owned())))
    }

    async fn complete_claimed(
        &self,
        _interaction: InteractionId,
        _token: Uuid,
        _outcome: Option<String>,
        _audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        Err(LeaseError::from(StoreError::Failed("to come".to_owned())))
    }

    async fn ledger(&self, _overdue: Timestamp, _most_stuck: u32) -> Result<Ledger, StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }

    async fn shared_key(&self, _name: &str, _offered: [u8; 32]) -> Result<[u8; 32], StoreError> {
        Err(StoreError::Failed("to come".to_owned()))
    }
}
