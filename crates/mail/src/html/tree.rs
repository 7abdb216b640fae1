//! The tree of a page in one vector: nodes refer to each other by their position in it.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, QualName, local_name, ns};

/// A node's position.
pub(super) type Id = u32;

/// No node.
const NONE: Id = Id::MAX;
/// The document.
pub(super) const DOCUMENT: Id = 0;
/// How much of a page is one node, or less: what room is made for at once.
const BYTES_OF_A_NODE: usize = 24;
/// What comments and processing instructions are: never part of the tree.
const LEFT_OUT: Id = NONE - 1;

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    /// Its name, in lower case if it is an HTML element.
    pub(super) name: LocalName,
    /// Whether it is an HTML element; else it is of SVG or MathML.
    pub(super) is_html: bool,
    attributes: Vec<Attribute>,
}

impl Element {
    /// An attribute's value.
    pub(super) fn attribute(&self, name: &LocalName) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.local == *name).map(|attribute| &*attribute.value)
    }
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Content {
    /// The document, or the contents of a `template`: nothing by itself.
    Fragment,
    Element(Element),
    Text(StrTendril),
}

#[derive(Debug)]
struct Node {
    content: Content,
    parent: Id,
    first: Id,
    last: Id,
    previous: Id,
    next: Id,
}

/// How the parser refers to a node. The name comes along, for the parser asks for it all the time.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    id: Id,
    name: QualName,
}

/// A tree under construction, and when it is done.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: RefCell<Vec<Node>>,
    popped: Cell<usize>,
}

impl Tree {
    /// A document with nothing in it, of a page of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let nodes = (bytes / BYTES_OF_A_NODE).clamp(16, 4096);
        let tree = Self { nodes: RefCell::new(Vec::with_capacity(nodes)), popped: Cell::new(0) };
        tree.add(Content::Fragment);
        tree
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// How many elements the parser has closed, so far as it says.
    pub(super) fn popped(&self) -> usize {
        self.popped.get()
    }

    /// What a node is.
    pub(super) fn content(&self, id: Id) -> Option<Ref<'_, Content>> {
        Ref::filter_map(self.nodes.borrow(), |nodes| nodes.get(id as usize).map(|node| &node.content)).ok()
    }

    /// The first node within a node.
    pub(super) fn first_child(&self, id: Id) -> Option<Id> {
        self.link(id, |node| node.first)
    }

    /// The node that a node is in.
    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.link(id, |node| node.parent)
    }

    /// The node after a node, in the same parent.
    pub(super) fn next_sibling(&self, id: Id) -> Option<Id> {
        self.link(id, |node| node.next)
    }

    fn link(&self, id: Id, link: fn(&Node) -> Id) -> Option<Id> {
        self.nodes.borrow().get(id as usize).map(link).filter(|id| *id != NONE)
    }

    fn set(&self, id: Id, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.borrow_mut().get_mut(id as usize) {
            change(node);
        }
    }

    fn add(&self, content: Content) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { content, parent: NONE, first: NONE, last: NONE, previous: NONE, next: NONE });
        Id::try_from(nodes.len() - 1).unwrap_or(LEFT_OUT)
    }

    /// Takes a node out of its parent.
    fn detach(&self, id: Id) {
        let mut links = (NONE, NONE, NONE);
        self.set(id, |node| {
            links = (node.parent, node.previous, node.next);
            (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
        });
        let (parent, previous, next) = links;
        if parent == NONE {
            return;
        }
        self.set(previous, |node| node.next = next);
        self.set(next, |node| node.previous = previous);
        self.set(parent, |node| {
            if node.first == id {
                node.first = next;
            }
            if node.last == id {
                node.last = previous;
            }
        });
    }

    /// Puts a node into a parent, before a node there, or last.
    fn insert(&self, id: Id, parent: Id, before: Option<Id>) {
        if id == LEFT_OUT {
            return;
        }
        self.detach(id);
        let previous = match before {
            Some(next) => self.link(next, |node| node.previous),
            None => self.link(parent, |node| node.last),
        }
        .unwrap_or(NONE);
        let next = before.unwrap_or(NONE);
        self.set(id, |node| (node.parent, node.previous, node.next) = (parent, previous, next));
        self.set(previous, |node| node.next = id);
        self.set(next, |node| node.previous = id);
        self.set(parent, |node| {
            if previous == NONE {
                node.first = id;
            }
            if next == NONE {
                node.last = id;
            }
        });
    }

    /// Puts a node or a text into a parent. A text beside another becomes one with it.
    fn put(&self, child: NodeOrText<Handle>, parent: Id, before: Option<Id>) {
        let text = match child {
            NodeOrText::AppendNode(node) => return self.insert(node.id, parent, before),
            NodeOrText::AppendText(text) => text,
        };
        let previous = match before {
            Some(next) => self.link(next, |node| node.previous),
            None => self.link(parent, |node| node.last),
        };
        if let Some(previous) = previous
            && let Some(Node { content: Content::Text(already), .. }) =
                self.nodes.borrow_mut().get_mut(previous as usize)
        {
            already.push_tendril(&text);
            return;
        }
        let id = self.add(Content::Text(text));
        self.insert(id, parent, before);
    }
}

impl TreeSink for Tree {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: DOCUMENT, name: QualName::new(None, ns!(), local_name!("")) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> Handle {
        let element = Element { name: name.local.clone(), is_html: name.ns == ns!(html), attributes };
        Handle { id: self.add(Content::Element(element)), name }
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        Handle { id: LEFT_OUT, name: QualName::new(None, ns!(), local_name!("")) }
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.create_comment(StrTendril::new())
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(child, parent.id, None);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        match self.link(element.id, |node| node.parent) {
            Some(parent) => self.put(child, parent, Some(element.id)),
            None => self.put(child, previous.id, None),
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    fn pop(&self, _node: &Handle) {
        self.popped.set(self.popped.get() + 1);
    }

    /// Its contents are no part of the page: the parser may put them wherever nobody looks.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let Some(parent) = self.link(sibling.id, |node| node.parent) {
            self.put(child, parent, Some(sibling.id));
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.set(target.id, |node| {
            if let Content::Element(element) = &mut node.content {
                for attribute in attributes {
                    if element.attribute(&attribute.name.local).is_none() {
                        element.attributes.push(attribute);
                    }
                }
            }
        });
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        while let Some(child) = self.first_child(node.id) {
            self.insert(child, new_parent.id, None);
        }
    }
}
