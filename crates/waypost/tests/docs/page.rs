//! A page of Markdown, as far as the tests read it: its blocks of code, what comments say of them, its links and headings.

/// A page.
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    /// Its blocks of code, in order.
    pub(crate) blocks: Vec<Block>,
    /// What a server has at the beginning, if the page starts from one: a folder that is applied, or nothing.
    pub(crate) server: Option<String>,
    /// Files that the reader has.
    pub(crate) given: Vec<String>,
    /// Whether it needs Python with our client package.
    pub(crate) needs_python: bool,
    text: String,
}

/// A block of code.
pub(crate) struct Block {
    /// Its language.
    pub(crate) tag: String,
    /// What stands in it.
    pub(crate) text: String,
    /// Its first line in the page, counted from 1.
    pub(crate) line: usize,
    /// What the comment above it says: a word, and what follows its colon.
    pub(crate) note: Option<(String, String)>,
}

impl Block {
    /// What follows this word in the comment above.
    pub(crate) fn noted(&self, word: &str) -> Option<&str> {
        self.note.as_ref().filter(|(found, _)| found == word).map(|(_, rest)| rest.as_str())
    }

    /// Whether it is run.
    pub(crate) fn is_run(&self) -> bool {
        self.tag == "sh" && self.noted("not run").is_none()
    }
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(text: &str, name: String) -> Self {
        let mut page = Self {
            name,
            blocks: Vec::new(),
            server: None,
            given: Vec::new(),
            needs_python: false,
            text: text.to_owned(),
        };
        let (mut note, mut lines) = (None, text.lines().enumerate());
        while let Some((number, line)) = lines.next() {
            let bare = line.trim_start();
            if let Some(comment) = bare.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
                let (word, rest) = comment.split_once(": ").unwrap_or((comment, ""));
                match word {
                    "server" => page.server = Some(rest.to_owned()),
                    "needs" => page.needs_python = rest == "python",
                    "given" => page.given = rest.split(' ').map(str::to_owned).collect(),
                    _ => note = Some((word.to_owned(), rest.to_owned())),
                }
            } else if let Some(tag) = bare.strip_prefix("```") {
                let margin = line.len() - bare.len();
                let mut text = String::new();
                for (_, line) in lines.by_ref() {
                    if line.trim() == "```" {
                        break;
                    }
                    text.push_str(line.get(margin..).unwrap_or_default());
                    text.push('\n');
                }
                page.blocks.push(Block { tag: tag.to_owned(), text, line: number + 2, note: note.take() });
            } else {
                note = None;
            }
        }
        page
    }

    /// Whether anything of it runs.
    pub(crate) fn has_commands(&self) -> bool {
        self.blocks.iter().any(Block::is_run)
    }

    /// Blocks that are not run, with the reason.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let not_run = |block: &Block| Some(format!("  {}:{}: {}", self.name, block.line, block.noted("not run")?));
        self.blocks.iter().filter_map(not_run).collect()
    }

    /// Targets of its links within the repository. Blocks of code have none.
    pub(crate) fn links(&self) -> Vec<String> {
        let mut inside = false;
        let mut found = Vec::new();
        for line in self.text.lines() {
            inside ^= line.trim_start().starts_with("```");
            if inside {
                continue;
            }
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            found.extend(targets.filter(|target| !target.contains("://")).map(str::to_owned));
        }
        found
    }
}

/// Anchors of a page's headings, as GitHub makes them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        inside ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if inside || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let lower = title.trim().to_lowercase();
        let kept = |letter| match letter {
            ' ' => Some('-'),
            letter if char::is_alphanumeric(letter) || ['-', '_'].contains(&letter) => Some(letter),
            _ => None,
        };
        found.push(lower.chars().filter_map(kept).collect());
    }
    found
}
