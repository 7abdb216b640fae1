//! How elements are laid out unless a style says otherwise (HTML standard, 15.3).

use html5ever::{LocalName, local_name};

use super::tree::Element;

/// What an element does to the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its text goes on where the text before it ended.
    Inline,
    /// It stands on lines of its own.
    Block,
    /// A block with space above and below.
    Paragraph,
    /// It stands in a line, apart from what is beside it.
    Apart,
    /// A cell of a table's row.
    Cell,
    /// `br`.
    Break,
    /// What it stands for is its `alt`.
    Image,
    /// A control with a `value`.
    Input,
    /// It is not shown, and nothing in it is the page's text.
    Nothing,
}

/// What an element is by its name.
pub(super) fn kind(element: &Element) -> Kind {
    if !element.is_html {
        return foreign(&element.name);
    }
    match element.name {
        // What a mail is full of.
        local_name!("font") | local_name!("a") | local_name!("b") | local_name!("span") => Kind::Inline,
        local_name!("p")
        | local_name!("h1")
        | local_name!("h2")
        | local_name!("h3")
        | local_name!("h4")
        | local_name!("h5")
        | local_name!("h6")
        | local_name!("blockquote")
        | local_name!("figure")
        | local_name!("pre")
        | local_name!("listing")
        | local_name!("xmp")
        | local_name!("plaintext")
        | local_name!("dl") => Kind::Paragraph,
        local_name!("address")
        | local_name!("article")
        | local_name!("aside")
        | local_name!("body")
        | local_name!("caption")
        | local_name!("center")
        | local_name!("dd")
        | local_name!("details")
        | local_name!("dialog")
        | local_name!("dir")
        | local_name!("div")
        | local_name!("dt")
        | local_name!("fieldset")
        | local_name!("figcaption")
        | local_name!("footer")
        | local_name!("form")
        | local_name!("frameset")
        | local_name!("header")
        | local_name!("hgroup")
        | local_name!("hr")
        | local_name!("html")
        | local_name!("legend")
        | local_name!("li")
        | local_name!("main")
        | local_name!("menu")
        | local_name!("nav")
        | local_name!("ol")
        | local_name!("optgroup")
        | local_name!("option")
        | local_name!("search")
        | local_name!("section")
        | local_name!("summary")
        | local_name!("table")
        | local_name!("tbody")
        | local_name!("tfoot")
        | local_name!("thead")
        | local_name!("tr")
        | local_name!("ul") => Kind::Block,
        local_name!("td") | local_name!("th") => Kind::Cell,
        local_name!("br") => Kind::Break,
        local_name!("img") => Kind::Image,
        local_name!("input") => Kind::Input,
        local_name!("button")
        | local_name!("marquee")
        | local_name!("object")
        | local_name!("select")
        | local_name!("textarea")
        | local_name!("video") => Kind::Apart,
        local_name!("head")
        | local_name!("title")
        | local_name!("style")
        | local_name!("script")
        | local_name!("template")
        | local_name!("noscript")
        | local_name!("noembed")
        | local_name!("noframes")
        | local_name!("iframe")
        | local_name!("datalist")
        | local_name!("meter")
        | local_name!("progress")
        | local_name!("rp") => Kind::Nothing,
        _ => Kind::Inline,
    }
}

/// Elements of SVG and MathML.
fn foreign(name: &LocalName) -> Kind {
    match *name {
        local_name!("title")
        | local_name!("desc")
        | local_name!("metadata")
        | local_name!("style")
        | local_name!("script")
        | local_name!("defs") => Kind::Nothing,
        local_name!("svg") | local_name!("text") | local_name!("math") => Kind::Apart,
        _ => Kind::Inline,
    }
}

/// Whether white space and line ends in it are as written.
pub(super) fn is_preformatted(element: &Element) -> bool {
    element.is_html
        && matches!(
            element.name,
            local_name!("pre")
                | local_name!("listing")
                | local_name!("xmp")
                | local_name!("plaintext")
                | local_name!("textarea")
        )
}
