//! What an element is, by its name and attributes.

use scraper::ElementRef;

/// Returns whether an element is part of the text around it.
pub(super) fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "button"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "input"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "q"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "svg"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Returns whether Markdown may have an element within a text. The tag of another name is text, such as `<model>`.
pub(in crate::read) fn is_known(name: &str) -> bool {
    is_inline(name)
        || matches!(
            name,
            "br" | "p"
                | "div"
                | "ul"
                | "ol"
                | "li"
                | "details"
                | "summary"
                | "table"
                | "thead"
                | "tbody"
                | "tr"
                | "td"
                | "th"
                | "caption"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "section"
                | "blockquote"
                | "pre"
                | "hr"
                | "center"
                | "iframe"
                | "dl"
                | "dt"
                | "dd"
        )
}

/// Returns whether what is in an element is not content of the page: code and metadata.
pub(super) fn is_not_content(name: &str) -> bool {
    matches!(name, "script" | "style" | "head" | "datalist")
}

/// Returns whether an element is struck out.
pub(super) fn strikes(element: ElementRef<'_>) -> bool {
    let value = element.value();
    matches!(value.name(), "s" | "del" | "strike")
        || value.attr("style").is_some_and(|style| style.contains("line-through"))
        || classes(element).any(|class| class == "line-through")
}

/// Returns whether an element is hidden, or stands outside of the page's content.
pub(super) fn hides(element: ElementRef<'_>) -> bool {
    let value = element.value();
    if matches!(value.name(), super::lines::TEMPLATE | "noscript" | "svg" | "nav")
        && value.attr("shadowrootmode").is_none()
        || value.name() == "button" && value.attr("role") != Some("tab")
        || value.name() == "dialog" && value.attr("open").is_none()
    {
        return true;
    }
    value.attr("hidden").is_some() || value.attr("aria-hidden") == Some("true") || has_hiding_style(element) || {
        // `hidden md:block` is hidden on small screens only.
        let is_hiding = |class: &str| matches!(class, "hidden" | "d-none" | "sr-only" | "visually-hidden");
        classes(element).any(is_hiding) && !classes(element).any(|class| class.contains(':'))
    }
}

fn has_hiding_style(element: ElementRef<'_>) -> bool {
    let Some(style) = element.value().attr("style") else { return false };
    let style = style.replace(' ', "").to_ascii_lowercase();
    // `style={{display: "none"}}` is an attribute `style` and another, `"none"}}`.
    let is_expression = style.starts_with("{{") && style.contains("display:") && {
        element.value().attrs().any(|(name, _)| name.starts_with("\"none\"") || name.starts_with("'none'"))
    };
    style.contains("display:none")
        || style.contains("visibility:hidden")
        || is_expression
        || style.contains("display:\"none\"")
        || style.contains("display:'none'")
}

fn classes(element: ElementRef<'_>) -> impl Iterator<Item = &str> {
    ["class", "classname"]
        .into_iter()
        .filter_map(move |name| element.value().attr(name))
        .flat_map(str::split_whitespace)
}

/// Returns the kind of an admonition, such as `warning`, or `None` if the element is none.
pub(super) fn admonition(element: ElementRef<'_>) -> Option<&str> {
    let value = element.value();
    let kinds = ["note", "tip", "info", "warning", "caution", "danger", "important", "success"];
    let kind = classes(element).find_map(|class| {
        let word = class.rsplit(['-', '_']).next().unwrap_or(class);
        kinds.into_iter().find(|kind| kind.eq_ignore_ascii_case(word))
    });
    let is_one = value.name() == "aside"
        || matches!(value.attr("role"), Some("note" | "alert"))
        || classes(element)
            .any(|class| matches!(class, "admonition" | "callout" | "markdown-alert" | "theme-admonition" | "alert"));
    is_one.then(|| kind.unwrap_or("note"))
}

/// Returns the title within an admonition.
pub(super) fn admonition_title<'a>(element: ElementRef<'a>) -> Option<ElementRef<'a>> {
    let mut children = element.children().filter_map(ElementRef::wrap);
    children.next().filter(|child| classes(*child).any(|class| class.ends_with("title") || class.ends_with("heading")))
}

/// Returns whether an element has an element within it that is a block.
pub(super) fn has_blocks(element: ElementRef<'_>) -> bool {
    let mut inner = element.descendants().skip(1).filter_map(ElementRef::wrap);
    inner.any(|child| {
        let name = child.value().name();
        !(is_inline(name) || name == "br" || is_not_content(name) || in_drawing(child))
    })
}

fn in_drawing(element: ElementRef<'_>) -> bool {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take(8)
        .any(|outer| matches!(outer.value().name(), "svg" | "button"))
}
