//! The operators of expressions, for the reference. A test holds their types against what the checker takes.

/// An operator.
#[derive(Debug)]
pub struct Operator {
    /// How it is written.
    pub form: &'static str,
    /// What it gives.
    pub summary: &'static str,
    /// Types left, right and of the result; right is empty where there is one operand alone. `T` is any type, the same throughout.
    pub types: &'static [(&'static str, &'static str, &'static str)],
    /// Expressions and what they give, as templates print it. They run as tests.
    pub examples: &'static [(&'static str, &'static str)],
}

const ORDERED: &[(&str, &str, &str)] = &[
    ("integer", "integer", "boolean"),
    ("integer", "number", "boolean"),
    ("number", "integer", "boolean"),
    ("number", "number", "boolean"),
    ("string", "string", "boolean"),
    ("boolean", "boolean", "boolean"),
    ("datetime", "datetime", "boolean"),
    ("duration", "duration", "boolean"),
];

/// All operators, those that bind strongest first.
pub const OPERATORS: &[Operator] = &[
    Operator {
        form: "x.NAME",
        summary: "A member. A missing key of a map fails; of json it is null.",
        types: &[("map<T>", "", "T"), ("json", "", "json")],
        examples: &[("{'a': 1}.a", "1")],
    },
    Operator {
        form: "x[y]",
        summary: "An element, counted from 0, or a member by its key. A missing one fails; of json it is null.",
        types: &[
            ("list<T>", "integer", "T"),
            ("map<T>", "string", "T"),
            ("json", "string", "json"),
            ("json", "integer", "json"),
        ],
        examples: &[("['a', 'b'][1]", "b"), ("{'a': 1}['a']", "1")],
    },
    Operator {
        form: "has(x.NAME)",
        summary: "Whether the member exists. An empty field of the mail does not.",
        types: &[("T", "", "boolean")],
        examples: &[("has({'a': 1}.b)", "false"), ("has(interaction.email.subject)", "true")],
    },
    Operator { form: "!x", summary: "Not.", types: &[("boolean", "", "boolean")], examples: &[("!true", "false")] },
    Operator {
        form: "-x",
        summary: "The negated value.",
        types: &[("integer", "", "integer"), ("number", "", "number")],
        examples: &[("-(1 + 2)", "-3")],
    },
    Operator {
        form: "x * y",
        summary: "The product.",
        types: &[("integer", "integer", "integer"), ("number", "number", "number")],
        examples: &[("6 * 7", "42")],
    },
    Operator {
        form: "x / y",
        summary: "The quotient; of integers without its fraction. Division of an integer by zero fails.",
        types: &[("integer", "integer", "integer"), ("number", "number", "number")],
        examples: &[("7 / 2", "3"), ("7.0 / 2.0", "3.5")],
    },
    Operator {
        form: "x % y",
        summary: "The remainder of the quotient, with the sign of `x`.",
        types: &[("integer", "integer", "integer")],
        examples: &[("7 % 3", "1")],
    },
    Operator {
        form: "x + y",
        summary: "The sum; texts and lists joined; two maps merged, the right one's member where both have the key. Integers beyond 64 bits fail.",
        types: &[
            ("integer", "integer", "integer"),
            ("number", "number", "number"),
            ("string", "string", "string"),
            ("list<T>", "list<T>", "list<T>"),
            ("map<T>", "map<T>", "map<T>"),
            ("datetime", "duration", "datetime"),
            ("duration", "datetime", "datetime"),
            ("duration", "duration", "duration"),
        ],
        examples: &[
            ("1 + 2", "3"),
            ("'a' + 'b'", "ab"),
            ("['a'] + ['b']", r#"["a","b"]"#),
            ("{'a': 1} + {'a': 2, 'b': 3}", r#"{"a":2,"b":3}"#),
        ],
    },
    Operator {
        form: "x - y",
        summary: "The difference.",
        types: &[
            ("integer", "integer", "integer"),
            ("number", "number", "number"),
            ("datetime", "duration", "datetime"),
            ("datetime", "datetime", "duration"),
            ("duration", "duration", "duration"),
        ],
        examples: &[("now - duration('1h') < now", "true")],
    },
    Operator {
        form: "x < y",
        summary: "Less. Texts compare by their characters' code points.",
        types: ORDERED,
        examples: &[("1 < 1.5", "true")],
    },
    Operator { form: "x <= y", summary: "Less or equal.", types: ORDERED, examples: &[("'a' <= 'b'", "true")] },
    Operator { form: "x > y", summary: "Greater.", types: ORDERED, examples: &[("2 > 3", "false")] },
    Operator { form: "x >= y", summary: "Greater or equal.", types: ORDERED, examples: &[("3 >= 3", "true")] },
    Operator {
        form: "x == y",
        summary: "Equal; texts exactly, case included. Integers and numbers compare by value.",
        types: &[
            ("T", "T", "boolean"),
            ("integer", "number", "boolean"),
            ("number", "integer", "boolean"),
            ("json", "T", "boolean"),
        ],
        examples: &[("1 == 1.0", "true"), ("'A' == 'a'", "false")],
    },
    Operator {
        form: "x != y",
        summary: "Not equal.",
        types: &[
            ("T", "T", "boolean"),
            ("integer", "number", "boolean"),
            ("number", "integer", "boolean"),
            ("json", "T", "boolean"),
        ],
        examples: &[("'A' != 'a'", "true")],
    },
    Operator {
        form: "x in y",
        summary: "Whether a list has the element, or a map the key. False for json that is neither.",
        types: &[("T", "list<T>", "boolean"), ("string", "map<T>", "boolean"), ("T", "json", "boolean")],
        examples: &[("'b' in ['a', 'b']", "true"), ("'b' in {'a': 1}", "false")],
    },
    Operator {
        form: "x && y",
        summary: "Both. An error on one side counts only if the other side does not decide.",
        types: &[("boolean", "boolean", "boolean")],
        examples: &[("true && false", "false"), ("1 / 0 == 1 && false", "false")],
    },
    Operator {
        form: "x || y",
        summary: "One or both. An error on one side counts only if the other side does not decide.",
        types: &[("boolean", "boolean", "boolean")],
        examples: &[("true || false", "true")],
    },
    Operator {
        form: "c ? x : y",
        summary: "`x` if the boolean `c` holds, otherwise `y`. Only that one is evaluated.",
        types: &[("T", "T", "T")],
        examples: &[("1 < 2 ? 'yes' : 'no'", "yes")],
    },
];
