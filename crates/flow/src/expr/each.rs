//! Evaluating macros: an expression for each element.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::MAX_VALUE_BYTES;
use super::compute::compare_keys;
use super::eval::{Result, internal, too_large};
use super::frame::Frame;
use super::ir::{Each, EachKind};
use crate::functions::Meter as _;
use crate::value::{Text, Value, weight};

/// Elements of a list that is made, as far as a value may grow.
pub(super) struct Made<'m> {
    elements: Vec<Value<'m>>,
    weight: usize,
}

impl<'m> Made<'m> {
    pub(super) fn new() -> Self {
        Self { elements: Vec::new(), weight: 0 }
    }

    pub(super) fn push(&mut self, value: Value<'m>, frame: &Frame<'_, 'm>) -> Result<()> {
        let weight = weight(&value);
        frame.touch_bytes(weight)?;
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        self.elements.push(value);
        Ok(())
    }

    pub(super) fn list(self, frame: &Frame<'_, 'm>) -> Result<Value<'m>> {
        let list = Value::List(Arc::from(self.elements));
        frame.made(&list)?;
        Ok(list)
    }
}

impl Each {
    pub(super) fn eval<'m>(&'m self, frame: &Frame<'_, 'm>) -> Result<Value<'m>> {
        let of = self.of.eval(frame)?;
        Ok(match self.kind {
            EachKind::All => Value::Boolean(!self.decided(&of, frame, false)?),
            EachKind::Exists => Value::Boolean(self.decided(&of, frame, true)?),
            EachKind::ExistsOne => {
                let mut count = 0_usize;
                self.walk(&of, frame, |frame, _| {
                    count += usize::from(self.body.truth(frame)?);
                    Ok(true)
                })?;
                Value::Boolean(count == 1)
            }
            EachKind::Filter => {
                let mut made = Made::new();
                self.walk(&of, frame, |frame, element| {
                    if self.body.truth(frame)? {
                        made.push(element.clone(), frame)?;
                    }
                    Ok(true)
                })?;
                made.list(frame)?
            }
            EachKind::Map => {
                let mut made = Made::new();
                self.walk(&of, frame, |frame, _| {
                    if self.is_wanted(frame)? {
                        made.push(self.body.eval(frame)?, frame)?;
                    }
                    Ok(true)
                })?;
                made.list(frame)?
            }
            EachKind::TransformMap => self.transform(&of, frame)?,
            EachKind::SortBy => {
                let (mut keys, mut elements) = (Made::new(), Vec::new());
                self.walk(&of, frame, |frame, element| {
                    keys.push(self.body.eval(frame)?, frame)?;
                    elements.push(element.clone());
                    Ok(true)
                })?;
                let mut keyed: Vec<_> = keys.elements.into_iter().zip(elements).collect();
                keyed.sort_by(|(a, _), (b, _)| compare_keys(a, b));
                let sorted = Value::List(keyed.into_iter().map(|(_, element)| element).collect());
                frame.gathered(&sorted)?;
                sorted
            }
        })
    }

    /// Whether the body is `decisive` for an element. An error on one element counts only if no other decides, as with `&&`.
    fn decided<'m>(&'m self, of: &Value<'m>, frame: &Frame<'_, 'm>, decisive: bool) -> Result<bool> {
        let (mut decided, mut failed) = (false, None);
        self.walk(of, frame, |frame, _| {
            match self.body.truth(frame) {
                Ok(truth) => decided = truth == decisive,
                // A limit that was met is not made good by another element.
                Err(error) if error.is_limit() => return Err(error),
                Err(error) => failed = failed.take().or(Some(error)),
            }
            Ok(!decided)
        })?;
        match failed {
            Some(error) if !decided => Err(error),
            _ => Ok(decided),
        }
    }

    /// Whether the element is one of those that the condition picks.
    fn is_wanted<'m>(&'m self, frame: &Frame<'_, 'm>) -> Result<bool> {
        self.filter.as_ref().map_or(Ok(true), |filter| filter.truth(frame))
    }

    fn transform<'m>(&'m self, of: &Value<'m>, frame: &Frame<'_, 'm>) -> Result<Value<'m>> {
        let (mut members, mut size) = (BTreeMap::new(), 0_usize);
        self.walk(of, frame, |frame, key| {
            if self.is_wanted(frame)? {
                let value = self.body.eval(frame)?;
                let added = weight(key).saturating_add(weight(&value));
                frame.touch_bytes(added)?;
                size = size.saturating_add(added);
                if size > MAX_VALUE_BYTES {
                    return Err(too_large());
                }
                members.insert(Arc::from(key.as_str().ok_or_else(internal)?), value);
            }
            Ok(true)
        })?;
        let map = Value::Map(Arc::new(members));
        frame.made(&map)?;
        Ok(map)
    }

    /// Visits elements (of a map: keys, in their order) until the visitor answers `false`. With two names the first is bound to an
    /// element's place or a member's key, and what is visited is the second's value, or the key.
    fn walk<'m>(
        &'m self,
        of: &Value<'m>,
        frame: &Frame<'_, 'm>,
        mut visit: impl FnMut(&Frame<'_, 'm>, &Value<'m>) -> Result<bool>,
    ) -> Result<()> {
        let (first, second) = self.names;
        let held = frame.held();
        match of {
            Value::List(elements) => {
                for (place, element) in elements.iter().enumerate() {
                    frame.step(1)?;
                    let go_on = match second {
                        None => frame.with(first, element.clone(), |frame| visit(frame, element)),
                        Some(second) => {
                            let place = Value::Integer(i64::try_from(place).unwrap_or(i64::MAX));
                            frame.with(first, place, |frame| {
                                frame.with(second, element.clone(), |frame| visit(frame, element))
                            })
                        }
                    };
                    // What the turn made is gone, but for what is kept: that is counted when the whole is made.
                    frame.let_go(held);
                    if !go_on? {
                        return Ok(());
                    }
                }
            }
            Value::Map(members) => {
                for (key, value) in members.iter() {
                    frame.step(1)?;
                    let key = Value::String(Text::Owned(key.clone()));
                    let go_on = frame.with(first, key.clone(), |frame| match second {
                        None => visit(frame, &key),
                        Some(second) => frame.with(second, value.clone(), |frame| visit(frame, &key)),
                    });
                    // What the turn made is gone, but for what is kept: that is counted when the whole is made.
                    frame.let_go(held);
                    if !go_on? {
                        return Ok(());
                    }
                }
            }
            _ => return Err(internal()),
        }
        Ok(())
    }
}
