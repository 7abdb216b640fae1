//! Frames of called flows. They and their values lie in vectors, so deep calls use no stack of the thread, and a call allocates nothing
//! once the vectors have grown.

use std::fmt::Write as _;
use std::sync::Arc;

use waypost_flow::expr::Compiled;
use waypost_flow::program::{Program, ProgramAction, ProgramNode};
use waypost_flow::value::{Value, footprint};

use crate::error::Raised;
use crate::handling::Handling;
use crate::trace::Catcher;

/// Where a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// Before its condition set.
    Start,
    /// Before a node.
    Node(usize),
    /// At an action of a node; past the last one, at the node's branches. While a called flow runs, its caller stands at the call.
    Action(usize, usize),
}

/// A loop under way.
#[derive(Debug)]
pub(crate) struct Turning<'m> {
    /// The loop.
    pub(crate) action: &'m ProgramAction,
    /// The position of the loop among the actions around it.
    pub(crate) index: usize,
    /// What it goes over.
    pub(crate) over: Over<'m>,
    /// How many bytes that holds.
    pub(crate) held: usize,
    /// How many turns there were.
    pub(crate) turns: usize,
    /// The action of the turn that comes next; past the last one, the turn is over.
    pub(crate) at: usize,
}

/// What a loop goes over.
#[derive(Debug)]
pub(crate) enum Over<'m> {
    /// A list, each element of which is put into a variable.
    Items {
        /// The list.
        items: Arc<[Value<'m>]>,
        /// The variable's position.
        variable: usize,
    },
    /// As long as a condition holds.
    Condition(&'m Compiled),
}

/// One flow under way.
#[derive(Debug)]
pub(crate) struct Frame<'m> {
    pub(crate) program: &'m Program,
    pub(crate) at: At,
    /// The loops around the action it stands at, the innermost last.
    pub(crate) loops: Vec<Turning<'m>>,
    /// What its caller makes of its outputs: variables, by position.
    pub(crate) mapping: &'m [(usize, Compiled)],
    handling: Handling,
    inputs: usize,
    variables: usize,
    outputs: usize,
}

impl<'m> Frame<'m> {
    /// The node it stands in.
    pub(crate) fn node(&self) -> Option<&'m ProgramNode> {
        match self.at {
            At::Start => None,
            At::Node(node) | At::Action(node, _) => self.program.nodes.get(node),
        }
    }

    /// The action it stands at, with its position among those around it; none at the end of a node or of a loop's turn.
    pub(crate) fn action(&self) -> Option<(usize, &'m ProgramAction)> {
        if let Some(turning) = self.loops.last() {
            return Some((turning.at, turning.action.kind.inside().get(turning.at)?));
        }
        match self.at {
            At::Action(node, action) => Some((action, self.program.nodes.get(node)?.actions.get(action)?)),
            At::Start | At::Node(_) => None,
        }
    }

    /// Goes on to the action after the one it stands at.
    pub(crate) fn advance(&mut self) {
        if let Some(turning) = self.loops.last_mut() {
            turning.at += 1;
        } else if let At::Action(node, index) = self.at {
            self.at = At::Action(node, index + 1);
        }
    }

    /// Goes to a node.
    pub(crate) fn go(&mut self, node: usize) {
        self.handling.go(node);
        self.at = At::Node(node);
    }

    /// Leaves all loops. Answers how many bytes they held.
    #[must_use]
    pub(crate) fn leave_loops(&mut self) -> usize {
        self.loops.drain(..).map(|turning| turning.held).sum()
    }

    /// Goes to the node that an error led to.
    pub(crate) fn handle(&mut self, node: usize) {
        self.handling.begin(node);
        self.at = At::Node(node);
    }

    /// The action it stands at in the node itself: the outermost loop, if it is in one.
    pub(crate) fn outer_action(&self) -> Option<usize> {
        match (self.loops.first(), self.at) {
            (Some(turning), _) => Some(turning.index),
            (None, At::Action(..)) => self.action().map(|(index, _)| index),
            (None, _) => None,
        }
    }

    /// Where it stands inside of loops, such as `actions[1].actions[0]`; none outside of loops.
    pub(crate) fn inner_path(&self) -> Option<String> {
        let first = self.loops.first()?;
        let mut path = format!("actions[{}]", first.index);
        let rest = self.loops.iter().skip(1).map(|turning| turning.index);
        for index in rest.chain(self.action().map(|(index, _)| index)) {
            let _ = write!(path, ".actions[{index}]");
        }
        Some(path)
    }

    /// Where an error goes that arises where it stands, and who leads it there: the action, else the loops around it, else the flow.
    pub(crate) fn catcher(&self) -> Option<(Catcher, usize)> {
        let own = self.action().and_then(|(_, action)| action.on_error);
        let around = self.loops.iter().rev().filter_map(|turning| turning.action.on_error);
        let by_action = own.into_iter().chain(around).map(|node| (Catcher::Action, node));
        let by_flow = self.program.on_error.map(|node| (Catcher::Flow, node));
        by_action.chain(by_flow).find(|(_, node)| self.handling.may_go(*node))
    }
}

/// The flows under way, the route's at the bottom.
#[derive(Debug)]
pub(crate) struct Stack<'m> {
    frames: Vec<Frame<'m>>,
    inputs: Vec<Value<'m>>,
    variables: Vec<Option<Value<'m>>>,
    outputs: Vec<Value<'m>>,
}

/// The values that expressions of one frame see.
pub(crate) struct Scope<'c, 'm> {
    pub(crate) inputs: &'c [Value<'m>],
    pub(crate) variables: &'c [Option<Value<'m>>],
    pub(crate) outputs: &'c [Value<'m>],
}

impl<'m> Stack<'m> {
    pub(crate) fn new() -> Self {
        Self {
            frames: Vec::with_capacity(4),
            inputs: Vec::with_capacity(8),
            variables: Vec::with_capacity(16),
            outputs: Vec::with_capacity(8),
        }
    }

    /// How many calls are open.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len().saturating_sub(1)
    }

    pub(crate) fn top(&self) -> Result<&Frame<'m>, Raised> {
        self.frames.last().ok_or_else(|| Raised::broken("no flow is under way"))
    }

    pub(crate) fn top_mut(&mut self) -> Result<&mut Frame<'m>, Raised> {
        self.frames.last_mut().ok_or_else(|| Raised::broken("no flow is under way"))
    }

    /// Puts a flow on top, with its inputs. Answers how many bytes its other values hold to begin with.
    #[must_use]
    pub(crate) fn push(
        &mut self,
        program: &'m Program,
        mapping: &'m [(usize, Compiled)],
        inputs: impl Iterator<Item = Value<'m>>,
    ) -> usize {
        let (variables, outputs) = (self.variables.len(), self.outputs.len());
        self.frames.push(Frame {
            program,
            at: At::Start,
            loops: Vec::new(),
            mapping,
            handling: Handling::default(),
            inputs: self.inputs.len(),
            variables: self.variables.len(),
            outputs: self.outputs.len(),
        });
        self.inputs.extend(inputs);
        self.variables.extend(program.variables.iter().map(|slot| slot.default.clone()));
        self.outputs.extend(program.output_initials.iter().cloned());
        let set = self.variables.get(variables..).unwrap_or_default().iter().flatten();
        set.chain(self.outputs.get(outputs..).unwrap_or_default()).map(footprint).sum()
    }

    /// Takes the top flow away with all its values. Answers how many bytes they held.
    #[must_use]
    pub(crate) fn pop(&mut self) -> usize {
        let Some(frame) = self.frames.pop() else { return 0 };
        let inputs = self.inputs.drain(frame.inputs..).map(|value| footprint(&value));
        let variables = self.variables.drain(frame.variables..).flatten().map(|value| footprint(&value));
        let outputs = self.outputs.drain(frame.outputs..).map(|value| footprint(&value));
        let loops = frame.loops.iter().map(|turning| turning.held);
        inputs.chain(variables).chain(outputs).chain(loops).sum()
    }

    /// What the top flow's own expressions see.
    pub(crate) fn scope(&self) -> Scope<'_, 'm> {
        let (inputs, variables) = self.frames.last().map_or((0, 0), |frame| (frame.inputs, frame.variables));
        Scope {
            inputs: self.inputs.get(inputs..).unwrap_or_default(),
            variables: self.variables.get(variables..).unwrap_or_default(),
            outputs: &[],
        }
    }

    /// The outputs of the top flow.
    pub(crate) fn outputs(&self) -> &[Value<'m>] {
        let start = self.frames.last().map_or(0, |frame| frame.outputs);
        self.outputs.get(start..).unwrap_or_default()
    }

    /// What the caller's output mapping sees of its own values and the top flow's outputs.
    pub(crate) fn mapping_scope(&self) -> Result<Scope<'_, 'm>, Raised> {
        let [.., caller, callee] = self.frames.as_slice() else {
            return Err(Raised::broken("a flow returned that nobody called"));
        };
        Ok(Scope {
            inputs: self.inputs.get(caller.inputs..callee.inputs).unwrap_or_default(),
            variables: self.variables.get(caller.variables..callee.variables).unwrap_or_default(),
            outputs: self.outputs.get(callee.outputs..).unwrap_or_default(),
        })
    }

    /// Sets a variable of the top flow. Answers what it was before.
    pub(crate) fn set_variable(&mut self, position: usize, value: Value<'m>) -> Result<Option<Value<'m>>, Raised> {
        let base = self.top()?.variables;
        let slot = self
            .variables
            .get_mut(base.saturating_add(position))
            .ok_or_else(|| Raised::broken("it sets a variable that it doesn't have"))?;
        Ok(slot.replace(value))
    }

    /// Sets an output of the top flow. Answers what it was before.
    pub(crate) fn set_output(&mut self, position: usize, value: Value<'m>) -> Result<Value<'m>, Raised> {
        let base = self.top()?.outputs;
        let slot = self
            .outputs
            .get_mut(base.saturating_add(position))
            .ok_or_else(|| Raised::broken("it sets an output that it doesn't have"))?;
        Ok(std::mem::replace(slot, value))
    }
}
