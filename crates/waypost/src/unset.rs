//! `--unset MEMBER`, the one way to take away what an object need not have.

use clap::ValueEnum;

use crate::failure::Failure;

/// Refuses to unset what the same command sets.
pub(crate) fn not_set<M: ValueEnum + Copy>(unset: &[M], is_set: impl Fn(M) -> bool) -> Result<(), Failure> {
    match unset.iter().find(|member| is_set(**member)).and_then(ValueEnum::to_possible_value) {
        None => Ok(()),
        Some(member) => {
            let name = member.get_name();
            Err(Failure::Failed(format!("`{name}` is both set and unset: leave out one")))
        }
    }
}
