//! Reading a reference: `$input.x`, `${x}`, `$!{x}`, `$esc.url(…)`.

use waypost_problem::{Problem, shown};

use super::escape::Escape;
use super::parse::{Parser, Stop};
use super::tree::{LoopFact, Print, Reference, Root, Step};

/// Tools that Genesys offers and templates here do not.
const REFUSED_TOOLS: [&str; 10] =
    ["math", "date", "convert", "encoding", "signature", "urlTool", "number", "json", "authResponse", "Math"];

impl<'t> Parser<'t> {
    /// A reference in a text; none if this `$` is text.
    pub(super) fn print(&mut self) -> Result<Option<Print>, Stop> {
        let start = self.at;
        let found = self.reference(false)?;
        let source = self.text.get(start..self.at).unwrap_or_default();
        Ok(found.map(|(reference, silent)| Print { silent, reference, source: source.to_owned() }))
    }

    /// A reference and whether it is silent. In a text, `$` and a plain name that stand for nothing are text: none, and the parser is behind them.
    pub(super) fn reference(&mut self, in_expression: bool) -> Result<Option<(Reference, bool)>, Stop> {
        let start = self.at;
        self.at += 1;
        let silent = self.take("!");
        let formal = self.take("{");
        let Some(root) = self.name(formal) else {
            if formal || in_expression {
                self.note(start, "a reference needs a name, such as `${input.name}`", None);
                return Err(Stop);
            }
            self.at = start + 1;
            return Ok(None);
        };
        let plain = !formal && !silent && !in_expression;
        let reference = self.deeper(|parser| parser.rooted(root, start, formal, plain))?;
        if formal {
            if self.rest().starts_with('|') {
                self.problem("an alternate value (`${x|…}`) is not supported");
                return Err(Stop);
            }
            if !self.take("}") {
                self.note(start, "`${` has no `}` after its reference", None);
                return Err(Stop);
            }
        }
        Ok(reference.map(|reference| (reference, silent)))
    }

    fn rooted(&mut self, root: &'t str, start: usize, formal: bool, plain: bool) -> Result<Option<Reference>, Stop> {
        let reference = match root {
            "esc" => return self.escape(start, formal).map(Some),
            "successTemplateUtils" => return self.first_from_array(start, formal).map(Some),
            _ if self.variables.contains(root) => Root::Variable(root.to_owned()),
            "input" if self.known.inputs.is_some() => self.input(start, formal)?,
            "input" => return self.refuse(start, "`$input` is not available in a success template".to_owned()),
            "credentials" => self.credential(start, formal)?,
            "rawResult" if self.known.mapped.is_some() => Root::RawResult,
            "rawResult" => {
                return self.refuse(start, "`$rawResult` is available in a success template alone".to_owned());
            }
            "foreach" if self.loops > 0 => self.loop_fact(start, formal)?,
            _ if self.known.mapped.is_some_and(|mapped| mapped.contains(&root)) => Root::Mapped(root.to_owned()),
            tool if REFUSED_TOOLS.contains(&tool) => {
                self.note(start, format!("the tool `${tool}` is not supported"), None);
                self.skip_steps(formal)?;
                return Ok(Some(Reference::Constant("")));
            }
            unknown => {
                // In a request, GraphQL's `$id` and a price are text, as in Velocity. A success template has no such texts.
                if plain
                    && self.known.mapped.is_none()
                    && !self.rest().starts_with(['(', '['])
                    && self.next_member(formal).is_none()
                {
                    return Ok(None);
                }
                let known = self.names();
                let problem = Problem::new("", "").nearest(unknown, known.iter().map(String::as_str));
                self.note(start, format!("unknown reference {}", shown(&format!("${unknown}"))), problem.suggestion);
                self.skip_steps(formal)?;
                return Ok(Some(Reference::Constant("")));
            }
        };
        let steps = self.steps(formal)?;
        Ok(Some(Reference::Value { root: reference, steps }))
    }

    fn refuse(&mut self, start: usize, message: String) -> Result<Option<Reference>, Stop> {
        self.note(start, message, None);
        self.skip_steps(true)?;
        Ok(Some(Reference::Constant("")))
    }

    /// Names that a reference may begin with.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.variables.iter().cloned().collect();
        names.push("esc".to_owned());
        if self.known.inputs.is_some() {
            names.push("input".to_owned());
        }
        if self.known.credentials {
            names.push("credentials".to_owned());
        }
        if let Some(mapped) = self.known.mapped {
            names.extend(mapped.iter().map(|name| (*name).to_owned()));
            names.extend(["rawResult".to_owned(), "successTemplateUtils".to_owned()]);
        }
        names
    }

    /// The name after a dot, if there is one; the parser stays where it is.
    fn next_member(&mut self, formal: bool) -> Option<&'t str> {
        let start = self.at;
        let name = if self.take(".") { self.name(formal) } else { None };
        self.at = start;
        name
    }

    /// Goes past `.name`.
    fn member(&mut self, formal: bool) -> Option<&'t str> {
        let name = self.next_member(formal)?;
        self.at += 1 + name.len();
        Some(name)
    }

    fn input(&mut self, start: usize, formal: bool) -> Result<Root, Stop> {
        let known = self.known.inputs.unwrap_or_default();
        match self.next_member(formal) {
            Some("rawRequest") => {
                self.member(formal);
                Ok(Root::RawRequest)
            }
            Some(name) if known.contains(&name) || self.known.more_inputs || self.calls(name) => Ok(Root::Input),
            Some(name) => {
                let problem = Problem::new("", "").nearest(name, known.iter().copied());
                self.note(start, format!("the contract has no input {}", shown(name)), problem.suggestion);
                Ok(Root::Input)
            }
            // `$input` alone is the input as JSON, as `${input.rawRequest}` is.
            None => Ok(Root::Input),
        }
    }

    /// Whether the name after the next dot is a method's. It is refused as such.
    fn calls(&self, name: &str) -> bool {
        self.rest().get(1 + name.len()..).is_some_and(|rest| rest.starts_with('('))
    }

    fn credential(&mut self, start: usize, formal: bool) -> Result<Root, Stop> {
        let name = self.member(formal);
        if !self.known.credentials {
            self.note(
                start,
                "credentials are allowed only in headers",
                Some("put the credential into a header, such as `Authorization`".into()),
            );
            return Ok(Root::Credential(String::new()));
        }
        let Some(name) = name else {
            self.note(start, "`credentials` needs the name of a secret, such as `${credentials.apiKey}`", None);
            return Err(Stop);
        };
        self.credentials.insert(name.to_owned());
        Ok(Root::Credential(name.to_owned()))
    }

    fn loop_fact(&mut self, start: usize, formal: bool) -> Result<Root, Stop> {
        let name = self.member(formal).unwrap_or_default();
        match LoopFact::ALL.into_iter().find(|(known, _)| *known == name) {
            Some((_, fact)) => Ok(Root::Loop(fact)),
            None => {
                let problem = Problem::new("", "").nearest(name, LoopFact::ALL.into_iter().map(|(known, _)| known));
                self.note(start, format!("`$foreach` has no {}", shown(name)), problem.suggestion);
                Ok(Root::Loop(LoopFact::Index))
            }
        }
    }

    fn escape(&mut self, start: usize, formal: bool) -> Result<Reference, Stop> {
        let name = self.member(formal).unwrap_or_default();
        if let Some((_, constant)) = Escape::CONSTANTS.into_iter().find(|(known, _)| *known == name) {
            return Ok(Reference::Constant(constant));
        }
        let arguments = self.arguments(start, name)?;
        let Some((_, escape)) = Escape::METHODS.into_iter().find(|(known, _)| *known == name) else {
            let known = Escape::METHODS.into_iter().map(|(known, _)| known).chain(["quote"]);
            let problem = Problem::new("", "").nearest(name, known);
            self.note(start, format!("{} is not supported", shown(&format!("$esc.{name}"))), problem.suggestion);
            return Ok(Reference::Constant(""));
        };
        let mut arguments = arguments.into_iter();
        match (arguments.next(), arguments.next()) {
            (Some(of), None) => Ok(Reference::Escaped { escape, of: Box::new(of) }),
            _ => {
                self.note(start, format!("`$esc.{name}` takes one argument"), None);
                Ok(Reference::Constant(""))
            }
        }
    }

    fn first_from_array(&mut self, start: usize, formal: bool) -> Result<Reference, Stop> {
        let name = self.member(formal).unwrap_or_default();
        let arguments = self.arguments(start, name)?;
        if self.known.mapped.is_none() {
            self.note(start, "`$successTemplateUtils` is available in a success template alone", None);
            return Ok(Reference::Constant(""));
        }
        if name != "firstFromArray" {
            let problem = Problem::new("", "").nearest(name, ["firstFromArray"]);
            let call = shown(&format!("$successTemplateUtils.{name}"));
            self.note(start, format!("{call} is not supported"), problem.suggestion);
            return Ok(Reference::Constant(""));
        }
        let mut arguments = arguments.into_iter();
        match (arguments.next(), arguments.next(), arguments.next()) {
            (Some(array), default, None) => {
                Ok(Reference::FirstFromArray { array: Box::new(array), default: default.map(Box::new) })
            }
            _ => {
                self.note(start, "`firstFromArray` takes an array and a default", None);
                Ok(Reference::Constant(""))
            }
        }
    }

    /// Arguments in brackets; none without brackets.
    fn arguments(&mut self, start: usize, name: &str) -> Result<Vec<super::tree::Expression>, Stop> {
        if !self.take("(") {
            if name.is_empty() {
                self.note(start, "expected a method's name after the tool", None);
                return Err(Stop);
            }
            return Ok(Vec::new());
        }
        let mut arguments = Vec::new();
        self.spaces();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            self.spaces();
            if self.take(")") {
                return Ok(arguments);
            }
            self.expect(",", &format!("or `)` after an argument of `{name}`"))?;
        }
    }

    fn steps(&mut self, formal: bool) -> Result<Vec<Step>, Stop> {
        let mut steps = Vec::new();
        loop {
            let start = self.at;
            if let Some(name) = self.member(formal) {
                if self.rest().starts_with('(') {
                    self.arguments(start, name)?;
                    self.note(start, format!("the method {} is not supported", shown(&format!(".{name}(…)"))), None);
                } else {
                    steps.push(Step::Member(name.to_owned()));
                }
            } else if self.rest().starts_with('[') && (formal || self.is_index()) {
                self.at += 1;
                let element = self.expression()?;
                self.spaces();
                self.expect("]", "after an index")?;
                steps.push(Step::Element(element));
            } else {
                return Ok(steps);
            }
        }
    }

    /// Whether an index comes next: `$x[0]`, `$x["name"]`, `$x[$y]`. Anything else in such brackets is text.
    fn is_index(&self) -> bool {
        let rest = self.rest().get(1..).unwrap_or_default().trim_start();
        rest.starts_with(|c: char| c.is_ascii_digit() || ['"', '\'', '$', '-'].contains(&c)) && rest.contains(']')
    }

    fn skip_steps(&mut self, formal: bool) -> Result<(), Stop> {
        while let Some(name) = self.member(formal) {
            if self.rest().starts_with('(') {
                self.arguments(self.at, name)?;
            }
        }
        Ok(())
    }
}
