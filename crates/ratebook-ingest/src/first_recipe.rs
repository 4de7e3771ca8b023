//! A first recipe of a provider, from the usual columns of its pages. A person completes it.

use std::fmt::Write as _;

use crate::columns::header_names;
use crate::page::{BlockKind, Page};
use crate::recipe::{Column, Role};

/// A page for a first recipe.
#[derive(Clone, Debug)]
pub struct FirstPage<'a> {
    /// The page's id: `main` for the first.
    pub id: String,
    /// The URL.
    pub url: String,
    /// The name of the saved copy.
    pub file: String,
    /// The page.
    pub page: &'a Page,
}

/// The tables of all pages with the same columns.
struct Columns {
    names: Vec<String>,
    times: usize,
    section: String,
}

/// Returns a recipe with the pages, and a rule for the tables of each set of columns that has a usual amount. Columns that are
/// not usual are comments: the tables that have them are refused until a person says what they mean.
pub fn first_recipe(provider: &str, pages: &[FirstPage<'_>]) -> String {
    let mut out = format!("#:schema ../recipe.schema.json\nprovider = {}\n", quoted(provider));
    for FirstPage { id, url, file, .. } in pages {
        let _ = write!(out, "\n[[page]]\nid = {}\nurl = {}\nfiles = [{}]\n", quoted(id), quoted(url), quoted(file));
    }
    for (at, columns) in tables(pages).iter().enumerate() {
        let usual: Vec<&String> = columns.names.iter().filter(|name| Column::usual(name).is_some()).collect();
        let unusual = columns.names.iter().filter(|name| Column::usual(name).is_none());
        let has = |wanted: fn(&Role) -> bool| {
            usual.iter().filter_map(|name| Column::usual(name)).any(|column| wanted(&column.role))
        };
        if !has(|role| matches!(role, Role::Limit(_))) {
            continue;
        }
        let section = if columns.section.is_empty() { "at the top" } else { &columns.section };
        let _ = write!(out, "\n# First in the section: {section}\n[[table]]\nid = \"table-{}\"\n", at + 1);
        if columns.times > 1 {
            let _ = writeln!(out, "required = {}", columns.times);
        }
        let list = usual.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "usual = [{list}]");
        let selector = if has(|role| matches!(role, Role::Selector)) {
            "who = [{ match = \"{model}\", kind = \"model\", name = \"{model}\" }]"
        } else {
            "kind = \"any\""
        };
        let _ = writeln!(out, "{selector}");
        let unusual: Vec<String> = unusual.map(|name| quoted(name)).collect();
        if !unusual.is_empty() {
            let _ = writeln!(out, "[table.columns]");
            for name in unusual {
                let _ = writeln!(out, "# {name} = \"requests/minute\" # or {{ skip = \"why it is not a limit\" }}");
            }
        }
    }
    out
}

/// Returns the sets of columns of all tables, in order.
fn tables(pages: &[FirstPage<'_>]) -> Vec<Columns> {
    let mut tables: Vec<Columns> = Vec::new();
    for block in pages.iter().flat_map(|page| &page.page.blocks) {
        let BlockKind::Table(table) = &block.kind else { continue };
        let names: Vec<String> = header_names(table);
        match tables.iter_mut().find(|known| known.names == names) {
            Some(known) => known.times += 1,
            None => tables.push(Columns { names, times: 1, section: block.path.to_string().replace('\n', " ") }),
        }
    }
    tables
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Form;
    use crate::read;
    use crate::recipe::Recipe;

    #[test]
    fn usual_columns_become_a_rule_and_others_a_comment() {
        let text = "# Limits\n\n## Free\n\n| Model | RPM | Burst |\n|---|---|---|\n| rocket | 3 | 5 |\n\n## Paid\n\n| Model | RPM | Burst |\n|---|---|---|\n| rocket | 30 | 50 |\n\n## Codes\n\n| Code | Text |\n|---|---|\n| 429 | Slow down |\n";
        let page = read::read(text, Form::Markdown);
        let url = "https://acme.example/limits".to_owned();
        let pages = [FirstPage { id: "main".to_owned(), url, file: "limits.md".to_owned(), page: &page }];
        let recipe = first_recipe("acme", &pages);
        let parsed = Recipe::parse(&recipe).unwrap_or_else(|error| panic!("{error}\n{recipe}"));
        assert_eq!((parsed.provider.as_str(), parsed.tables.len()), ("acme", 1), "{recipe}");
        assert!(recipe.contains("required = 2\nusual = [\"Model\", \"RPM\"]\nwho = [{ match"), "{recipe}");
        assert!(
            recipe.contains("# \"Burst\" = ") && recipe.contains("# First in the section: Limits > Free"),
            "{recipe}"
        );
    }
}
