//! What a run knows, and how it moves between nodes and flows. What single actions do is in `actions`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use waypost_flow::document::{Disposition, Match};
use waypost_flow::expr::{Budget, Compiled, Context};
use waypost_flow::program::{Callee, Program, ProgramAction};
use waypost_flow::value::{Text, Value};

use crate::decision::Decided;
use crate::effects::Effects;
use crate::error::{Raised, RunError};
use crate::journal::Answers;
use crate::place::Place;
use crate::reached::{PlaceId, Reached};
use crate::run::RunInput;
use crate::stack::{At, Over, Scope, Stack, Turning};
use crate::trace::{Event, InputSource, Recorder, Target};
use waypost_ids::{DecisionKind, codes};

/// What a move leads to.
#[derive(Debug)]
pub(crate) enum Turn<'m> {
    /// The run goes on.
    Onward,
    /// It is over.
    Decided(Box<Decided<'m>>),
}

/// What a run knows.
pub(crate) struct Machine<'m> {
    pub(crate) input: RunInput<'m>,
    pub(crate) priority: i64,
    /// What came of it, by `setOutcome`.
    pub(crate) outcome: Option<String>,
    /// What it sends, unless it fails.
    pub(crate) effects: Effects,
    pub(crate) attributes: Arc<BTreeMap<Arc<str>, Value<'m>>>,
    /// The bytes of all attributes, names and values together.
    attribute_bytes: usize,
    pub(crate) stack: Stack<'m>,
    pub(crate) trace: Recorder<'m>,
    pub(crate) actions: u32,
    nodes: u32,
    turns: u32,
    /// What it was answered.
    pub(crate) answers: Answers,
    /// What the run may still spend.
    pub(crate) budget: Budget,
    /// Values that are computed but not set yet: an action sets all of its values or, when one fails, none.
    pub(crate) pending: Vec<(usize, Value<'m>)>,
    /// Inputs of the first flow, by position.
    pub(crate) given: Vec<(usize, Value<'m>)>,
    /// Outputs of the first flow, once it was left without a decision.
    pub(crate) returned: Vec<Value<'m>>,
    /// What it reached, if that is taken down.
    pub(crate) reached: Option<Box<Reached>>,
}

impl<'m> Machine<'m> {
    pub(crate) fn new(mut input: RunInput<'m>) -> Self {
        let attributes = std::mem::take(&mut input.attributes);
        let attribute_bytes = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| (Arc::from(name), Value::String(Text::Owned(Arc::from(value)))))
            .collect();
        let mut trace = Recorder::new(input.limits.detail, input.limits.trace_events);
        trace.mail(input.email);
        Self {
            priority: input.priority,
            outcome: None,
            effects: Effects::default(),
            attributes: Arc::new(attributes),
            attribute_bytes,
            stack: Stack::new(),
            trace,
            actions: 0,
            nodes: 0,
            turns: 0,
            answers: Answers::default(),
            budget: Budget::new(input.limits.steps, input.limits.memory),
            pending: Vec::with_capacity(4),
            given: Vec::new(),
            returned: Vec::new(),
            reached: input.limits.coverage.then(Box::default),
            input,
        }
    }

    fn context<'c>(&'c self, scope: Scope<'c, 'm>) -> Context<'c, 'm> {
        Context {
            interaction_id: self.input.interaction_id,
            received_at: self.input.received_at,
            priority: self.priority,
            attributes: &self.attributes,
            email: self.input.email,
            inputs: scope.inputs,
            variables: scope.variables,
            outputs: scope.outputs,
            budget: &self.budget,
            outcomes: self.reached.as_deref().map(|reached| &reached.outcomes),
        }
    }

    /// Evaluates an expression of the top flow.
    pub(crate) fn eval(&self, expression: &'m Compiled) -> Result<Value<'m>, Raised> {
        Ok(expression.eval(&self.context(self.stack.scope()))?)
    }

    fn holds(&self, condition: &'m Compiled) -> Result<bool, Raised> {
        Ok(condition.holds(&self.context(self.stack.scope()))?)
    }

    /// Takes down that the run came to a place.
    pub(crate) fn reach(&mut self, place: impl FnOnce() -> PlaceId) {
        if let Some(reached) = &mut self.reached {
            reached.note(place());
        }
    }

    /// The program that a call means, and which of the call's handovers belongs to it.
    pub(crate) fn resolve(&self, callee: &Callee) -> Result<(usize, &'m Program), Raised> {
        let snapshot = self.input.snapshot;
        let found = snapshot.resolve(callee, self.input.interaction_id);
        found.map(|(way, program)| (way, program.as_ref())).ok_or_else(|| {
            Raised::error(
                codes::FLOW_MISSING,
                format!("there is no flow `{}` in the version that is called", callee.flow),
            )
        })
    }

    /// Computes the inputs of a call into `pending`, in the callee's order: what the mapping gives, else the default.
    pub(crate) fn map_inputs(&mut self, program: &'m Program, mapping: &'m [(usize, Compiled)]) -> Result<(), Raised> {
        self.clear_pending();
        // Each input is looked for in the mapping, and again when the flow is entered.
        self.budget.spend_bytes(program.interface.inputs.len().saturating_mul(mapping.len()))?;
        for position in 0..program.interface.inputs.len() {
            let value = match mapping.iter().find(|(mapped, _)| *mapped == position) {
                Some((_, expression)) => self.eval(expression)?,
                None => default_input(program, position)?,
            };
            self.push_pending(position, value)?;
        }
        Ok(())
    }

    /// Puts what the first flow was given into `pending`, and defaults for the rest.
    pub(crate) fn take_given(&mut self, program: &'m Program) -> Result<(), Raised> {
        self.clear_pending();
        for position in 0..program.interface.inputs.len() {
            let value = match self.given.iter().find(|(given, _)| *given == position) {
                Some((_, value)) => value.clone(),
                None => default_input(program, position)?,
            };
            self.push_pending(position, value)?;
        }
        Ok(())
    }

    /// Puts a flow on top of the stack, with `pending` as its inputs, and what becomes of its outputs.
    pub(crate) fn enter(
        &mut self,
        program: &'m Program,
        inputs: &'m [(usize, Compiled)],
        outputs: &'m [(usize, Compiled)],
    ) -> Result<(), Raised> {
        if self.stack.depth() >= self.input.limits.depth && self.stack.top().is_ok() {
            return Err(Raised::fatal(
                codes::TOO_DEEP,
                format!("calls go deeper than {} flows", self.input.limits.depth),
            ));
        }
        for (position, value) in &self.pending {
            if let Some(input) = program.interface.inputs.get(*position) {
                let source = match inputs.iter().find(|(mapped, _)| mapped == position) {
                    Some((_, expression)) => InputSource::Mapping(&expression.source),
                    None if self.given.iter().any(|(given, _)| given == position) => InputSource::Given,
                    None => InputSource::Default,
                };
                self.trace.input(&input.name, source, value);
            }
        }
        // They are the first flow's alone: those that follow have inputs at the same positions.
        self.given.clear();
        self.trace.always(Event::Flow { program });
        let bytes = self.stack.push(program, outputs, self.pending.drain(..).map(|(_, value)| value));
        self.keep_bytes(bytes)
    }

    /// Evaluates the condition set of the top flow, before its first node.
    pub(crate) fn start_flow(&mut self) -> Result<Turn<'m>, Raised> {
        let program = self.stack.top()?.program;
        let set = &program.conditions;
        if !set.conditions.is_empty() {
            let decides = set.matching == Match::Any;
            let mut deciding = None;
            for condition in &set.conditions {
                if self.holds(condition)? == decides {
                    deciding = Some(&*condition.source);
                    break;
                }
            }
            let holds = deciding.is_some() == decides;
            self.trace.step(Event::Conditions { matching: set.matching, holds, deciding });
            if !holds {
                return self.leave_flow();
            }
        }
        if program.nodes.is_empty() {
            return self.leave_flow();
        }
        self.stack.top_mut()?.go(0);
        Ok(Turn::Onward)
    }

    /// Enters a node of the top flow. Nodes are counted, so that a loop without actions ends as well.
    pub(crate) fn enter_node(&mut self, position: usize) -> Result<Turn<'m>, Raised> {
        if self.nodes >= self.input.limits.nodes {
            let message = format!("the run entered more than {} nodes", self.input.limits.nodes);
            return Err(Raised::fatal(codes::TOO_MANY_NODES, message));
        }
        self.nodes += 1;
        self.budget.spend(1)?;
        let frame = self.stack.top_mut()?;
        let node = frame
            .program
            .nodes
            .get(position)
            .ok_or_else(|| Raised::broken("it goes to a node that it doesn't have"))?;
        frame.at = At::Action(position, 0);
        self.reach(|| PlaceId::node(node));
        self.trace.step(Event::Node { id: &node.id });
        Ok(Turn::Onward)
    }

    /// Counts the action that is about to be done.
    pub(crate) fn count_action(&mut self) -> Result<(), Raised> {
        if self.actions >= self.input.limits.actions {
            let message = format!("the run did more than {} actions", self.input.limits.actions);
            return Err(Raised::fatal(codes::TOO_MANY_ACTIONS, message));
        }
        self.actions += 1;
        Ok(self.budget.spend(1)?)
    }

    fn count_turn(&mut self) -> Result<(), Raised> {
        if self.turns >= self.input.limits.turns {
            let message = format!("the loops of the run took more than {} turns", self.input.limits.turns);
            return Err(Raised::fatal(codes::TOO_MANY_TURNS, message));
        }
        self.turns += 1;
        Ok(self.budget.spend(1)?)
    }

    /// Leaves a node by the first branch that holds, or the flow if none does.
    pub(crate) fn branch(&mut self, node: usize) -> Result<Turn<'m>, Raised> {
        let program = self.stack.top()?.program;
        let node = program.nodes.get(node);
        let branches = node.map_or(&[][..], |node| &node.next);
        for (index, branch) in branches.iter().enumerate() {
            let taken = match &branch.when {
                None => true,
                Some(when) => self.holds(when)?,
            };
            if taken {
                let to = program.nodes.get(branch.to).map_or("", |node| &node.id);
                self.reach(|| PlaceId::branch(branch));
                self.trace.step(Event::Branch { branches, taken: Some((index, to)) });
                self.stack.top_mut()?.go(branch.to);
                return Ok(Turn::Onward);
            }
        }
        if let Some(node) = node.filter(|_| !branches.is_empty()) {
            self.reach(|| PlaceId::no_branch(node));
            self.trace.step(Event::Branch { branches, taken: None });
        }
        self.leave_flow()
    }

    /// Takes the top flow away, with all that it holds.
    pub(crate) fn pop(&mut self) {
        let held = self.stack.pop();
        self.let_go(held);
        self.trace.leave();
    }

    /// Takes all flows away.
    pub(crate) fn leave_all(&mut self) {
        while self.stack.top().is_ok() {
            let held = self.stack.pop();
            self.let_go(held);
        }
    }

    /// Leaves the top flow: back to its caller with its outputs, or on a route to its end.
    pub(crate) fn leave_flow(&mut self) -> Result<Turn<'m>, Raised> {
        let (program, outputs) = self.stack.top().map(|frame| (frame.program, frame.mapping))?;
        if self.stack.depth() == 0 {
            self.returned = self.stack.outputs().to_vec();
            return Ok(Turn::Decided(Box::new(self.end_of(program))));
        }
        self.clear_pending();
        let mut failed = None;
        for (variable, expression) in outputs {
            match expression.eval(&self.context(self.stack.mapping_scope()?)) {
                Ok(value) => failed = self.push_pending(*variable, value).err(),
                Err(error) => failed = Some(error.into()),
            }
            if failed.is_some() {
                break;
            }
        }
        // The called flow is done whatever its caller makes of the outputs: an error in the mapping is the caller's.
        self.pop();
        if let Some(error) = failed {
            return Err(error);
        }
        self.set_outputs(outputs)?;
        self.stack.top_mut()?.advance();
        Ok(Turn::Onward)
    }

    /// Sets the variables of an output mapping to what was computed into `pending`.
    fn set_outputs(&mut self, outputs: &'m [(usize, Compiled)]) -> Result<(), Raised> {
        let slots = &self.stack.top()?.program.variables;
        // Taken out and put back: its room is used again.
        let mut pending = std::mem::take(&mut self.pending);
        for ((variable, value), (_, expression)) in pending.drain(..).zip(outputs) {
            let name = slots.get(variable).map_or("", |slot| &slot.name);
            self.trace.output(name, &expression.source, &value);
            self.put_variable(variable, value)?;
        }
        self.pending = pending;
        Ok(())
    }

    /// Maps what an action was told into variables: all of them or, when an expression fails, none.
    pub(crate) fn map_outputs(&mut self, outputs: &'m [(usize, Compiled)], told: &[Value<'m>]) -> Result<(), Raised> {
        self.clear_pending();
        for (variable, expression) in outputs {
            let value = expression.eval(&self.context(Scope { outputs: told, ..self.stack.scope() }))?;
            self.push_pending(*variable, value)?;
        }
        self.set_outputs(outputs)
    }

    /// Sets attributes to what was computed into `pending`, by position: all of them or, when they would be too large, none.
    pub(crate) fn set_attributes(&mut self, names: &'m [(Arc<str>, Compiled)]) -> Result<(), Raised> {
        let mut bytes = self.attribute_bytes;
        for ((name, _), (_, value)) in names.iter().zip(&self.pending) {
            match self.attributes.get(name) {
                Some(before) => bytes = bytes.saturating_sub(text_bytes(before)),
                None => bytes = bytes.saturating_add(name.len()),
            }
            bytes = bytes.saturating_add(text_bytes(value));
        }
        let most = self.input.limits.attribute_bytes;
        if bytes > most {
            let message = format!("the attributes would be larger than {most} bytes");
            return Err(Raised::fatal(codes::ATTRIBUTES_TOO_LARGE, message));
        }
        self.attribute_bytes = bytes;
        let mut pending = std::mem::take(&mut self.pending);
        for ((name, _), (_, value)) in names.iter().zip(pending.drain(..)) {
            self.trace.set(Target::Attribute, name, &value);
            self.put_attribute(name, value);
        }
        self.pending = pending;
        Ok(())
    }

    /// Begins a loop: its first turn comes next, if there is one.
    pub(crate) fn begin_loop(&mut self, action: &'m ProgramAction, over: Over<'m>, held: usize) -> Result<(), Raised> {
        let frame = self.stack.top_mut()?;
        let index = frame.action().map_or(0, |(index, _)| index);
        let at = action.kind.inside().len();
        frame.loops.push(Turning { action, index, over, held, turns: 0, at });
        Ok(())
    }

    /// At the end of a loop's turn: begins the next, or leaves the loop. Turns are counted, so that a loop without actions ends as well.
    pub(crate) fn turn_loop(&mut self) -> Result<Turn<'m>, Raised> {
        let turning = self.stack.top()?.loops.last().ok_or_else(|| Raised::broken("no loop is under way"))?;
        let turns = turning.turns;
        let item = match &turning.over {
            Over::Items { items, variable } => items.get(turns).cloned().map(|item| Some((*variable, item))),
            Over::Condition(when) => self.holds(when)?.then_some(None),
        };
        let Some(item) = item else {
            let frame = self.stack.top_mut()?;
            let held = frame.loops.pop().map_or(0, |turning| turning.held);
            frame.advance();
            self.let_go(held);
            self.trace.step(Event::LoopEnd { turns });
            return Ok(Turn::Onward);
        };
        self.count_turn()?;
        self.trace.step(Event::Turn { number: turns });
        if let Some((variable, value)) = item {
            let slot = self.stack.top()?.program.variables.get(variable);
            self.trace.set(Target::Variable, slot.map_or("", |slot| &slot.name), &value);
            self.set_variable(variable, value)?;
        }
        if let Some(turning) = self.stack.top_mut()?.loops.last_mut() {
            turning.turns += 1;
            turning.at = 0;
        }
        Ok(Turn::Onward)
    }

    /// Goes on at a node, by the jump of that name of the action it stands at.
    pub(crate) fn jump(&mut self, name: &'static str, node: usize) -> Result<(), Raised> {
        if let Some((_, action)) = self.stack.top()?.action() {
            self.reach(|| PlaceId::jump(action, name));
        }
        let frame = self.stack.top_mut()?;
        let id = frame.program.nodes.get(node).map_or("", |node| &node.id);
        let held = frame.leave_loops();
        frame.go(node);
        self.let_go(held);
        self.trace.step(Event::Jump { name, to: id });
        Ok(())
    }

    /// What walking off the end of the route's flow means.
    fn end_of(&self, program: &'m Program) -> Decided<'m> {
        let kind = match program.end.disposition {
            Disposition::Queue => DecisionKind::Queue,
            Disposition::Disconnect => DecisionKind::Disconnect,
            Disposition::Unrouted => DecisionKind::Unrouted,
        };
        Decided { queue: program.end.queue.as_ref().map(Cow::Borrowed), ..Decided::bare(kind, self.priority) }
    }

    /// Takes an error to whoever catches it: the action, its flow, then the caller's action, its flow, and so on up.
    /// If nobody does, or nobody may, the run is over.
    #[cold]
    pub(crate) fn raise(&mut self, raised: Raised) -> Turn<'m> {
        let error = self.place(raised.code, raised.message);
        self.trace.error(&error);
        while let Ok(frame) = self.stack.top_mut() {
            if raised.fatal {
                break;
            }
            if let Some((by, to)) = frame.catcher() {
                let node = frame.program.nodes.get(to).map_or("", |node| &node.id);
                let held = frame.leave_loops();
                frame.handle(to);
                self.let_go(held);
                self.trace.step(Event::Caught { by, to: node });
                // An `onError` starts with a clean list: what the failed part meant to send may make no sense any more.
                self.drop_effects();
                return Turn::Onward;
            }
            if self.stack.depth() == 0 {
                break;
            }
            self.pop();
        }
        self.drop_effects();
        Turn::Decided(Box::new(Decided { error: Some(error), ..Decided::bare(DecisionKind::Unrouted, self.priority) }))
    }

    fn place(&self, code: &'static str, message: String) -> RunError {
        let Place { flow_id, flow_name, version, node_id, action, path } = self.here();
        RunError { code, message, flow_id, flow_name, version, node_id, action, path }
    }

    /// Where the run stands.
    pub(crate) fn here(&self) -> Place {
        let frame = self.stack.top().ok();
        let program = frame.map_or(self.input.start, |frame| frame.program);
        Place {
            flow_id: program.interface.flow,
            flow_name: program.interface.name.clone(),
            version: program.version,
            node_id: frame.and_then(|frame| frame.node()).map(|node| node.id.to_string()),
            action: frame.and_then(|frame| frame.outer_action()),
            path: frame.and_then(|frame| frame.inner_path()),
        }
    }
}

/// The bytes of a text, or of a list's texts and one more for each: texts may be empty.
pub(crate) fn text_bytes(value: &Value<'_>) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::List(items) => items.iter().map(text_bytes).fold(items.len(), usize::saturating_add),
        _ => 0,
    }
}

fn default_input<'m>(program: &'m Program, position: usize) -> Result<Value<'m>, Raised> {
    program.input_defaults.get(position).cloned().flatten().ok_or_else(|| {
        let name = program.interface.inputs.get(position).map_or("", |input| input.name.as_str());
        Raised::error(
            codes::INPUT_MISSING,
            format!("`{}` needs the input `{name}`, and it was not mapped", program.interface.name),
        )
    })
}
