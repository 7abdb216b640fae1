//! `return`: leaves the flow. What that means is the machine's to say.

use super::Control;

pub(super) fn perform<'m>() -> Control<'m> {
    Control::Leave
}
