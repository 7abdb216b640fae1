//! JSON texts to values in which each member stands once. Which of two would count is a matter of chance (RFC 8259, section 4), so
//! two are refused.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// So many members that stand twice are told.
const TOLD: usize = 100;

/// A value, and the paths of members that stand in it twice.
pub(crate) fn read(text: &str) -> Result<(Json, Vec<String>), serde_json::Error> {
    let twice = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Seed { place: &Place::Top, twice: &twice }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, twice.into_inner()))
}

/// Where a value stands. `serde_json` refuses what is nested deeper than 128.
enum Place<'p> {
    Top,
    Member(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(Self::Top, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Element(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

struct Seed<'s> {
    place: &'s Place<'s>,
    twice: &'s RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        loop {
            let place = Place::Element(self.place, elements.len());
            match access.next_element_seed(Seed { place: &place, twice: self.twice })? {
                Some(element) => elements.push(element),
                None => return Ok(Json::Array(elements)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let place = Place::Member(self.place, &name);
            let value = access.next_value_seed(Seed { place: &place, twice: self.twice })?;
            if members.contains_key(&name) && self.twice.borrow().len() < TOLD {
                self.twice.borrow_mut().push(place.to_string());
            }
            members.insert(name, value);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_that_stands_twice_is_found() {
        let (value, twice) =
            read(r#"{"a": 1, "b": [{"c": 1, "c": null}], "a": 2.5, "d": {"e": "x", "f": true}}"#).unwrap();
        assert_eq!(twice, ["b[0].c", "a"]);
        assert_eq!(value["a"], 2.5);
        assert!(read(r#"{"a": 18446744073709551615}"#).unwrap().1.is_empty());
        assert!(read(r#"{"a": 1} x"#).is_err());
    }
}
