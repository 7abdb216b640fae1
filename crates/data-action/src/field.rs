//! What a data action takes and gives.

/// One input or output of a data action's contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name: a property of the contract's schema.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// Whether an input must be given, or an output is always there.
    pub required: bool,
    /// What the schema says of it.
    pub description: Option<String>,
}

/// The type of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of texts, numbers or booleans.
    List(Box<FieldType>),
    /// Everything else: nested objects and lists, several types in one.
    Json,
}
