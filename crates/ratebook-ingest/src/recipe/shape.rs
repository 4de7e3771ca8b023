//! The shapes of a page: which rules belong together.
//!
//! Vendors rearrange their pages, and pages come back in old shapes. A rule that need not be there hides a loss: without its
//! table, its limits are gone in silence. A shape names the rules that must all be there, and a page has exactly one.

use std::ops::Range;

use toml::Spanned;

use super::page::{RecipePage, Shape};
use super::rules::Count;
use super::{Recipe, default_id, statement_id};

/// A rule that a shape names.
pub(crate) struct ShapeRule<'a> {
    /// The key under which a reading counts what the rule claimed.
    pub(crate) id: String,
    /// How many blocks or passages it must claim.
    pub(crate) required: Count,
    /// The pages that the rule names. `None` for a statement, which every page may have.
    pages: Option<&'a [String]>,
    /// Its place in the recipe.
    pub(crate) span: Range<usize>,
}

impl Recipe {
    /// Returns the rule of a name that a shape may have, or `None` if there is none.
    pub(crate) fn shape_rule(&self, name: &str) -> Option<ShapeRule<'_>> {
        let tables = self.tables.iter().map(|table| (&table.id, table.required, table.pages.as_slice()));
        let lists = self.lists.iter().map(|list| (&list.id, list.required, list.pages.as_slice()));
        let growths = self.growths.iter().map(|growth| (&growth.id, growth.required, growth.pages.as_slice()));
        let by_id = tables.chain(lists).chain(growths).find(|(id, ..)| id.get_ref() == name);
        if let Some((id, required, pages)) = by_id {
            return Some(ShapeRule { id: id.get_ref().clone(), required, pages: Some(pages), span: id.span() });
        }
        if let Some(statement) = self.statements.iter().find(|statement| statement.says == name) {
            let required = Count::AtLeast(statement.times.unwrap_or(1));
            let span = statement.when.span();
            return Some(ShapeRule { id: statement_id(statement), required, pages: None, span });
        }
        let default = self.defaults.iter().find(|default| default.pattern.get_ref().as_str() == name)?;
        let id = default_id(default.pattern.get_ref());
        Some(ShapeRule { id, required: default.required, pages: Some(&default.pages), span: default.pattern.span() })
    }

    /// Returns whether a shape of a page has a rule, so that the shapes decide whether it must be there.
    pub(crate) fn is_of_shape(&self, rule: &str) -> bool {
        self.pages.iter().flat_map(|page| &page.shapes).any(|shape| shape.has(rule))
    }

    /// Returns the recipe without the rules that only other shapes of a page have. Statements stay: one of another shape
    /// shows that the page does not have this one.
    pub(crate) fn of_shape(&self, recipe_page: &RecipePage, shape: &Shape) -> Self {
        let is_kept = |rule: &str| shape.has(rule) || !recipe_page.shapes.iter().any(|other| other.has(rule));
        let mut own = self.clone();
        own.tables.retain(|table| is_kept(table.id.get_ref()));
        own.lists.retain(|list| is_kept(list.id.get_ref()));
        own.growths.retain(|growth| is_kept(growth.id.get_ref()));
        own.defaults.retain(|default| is_kept(default.pattern.get_ref().as_str()));
        own
    }

    /// Checks the shapes of the pages.
    pub(super) fn check_shapes(&self) -> Result<(), (Range<usize>, String)> {
        for page in &self.pages {
            for (at, shape) in page.shapes.iter().enumerate() {
                let id = shape.id.get_ref();
                let wrong = |message: String| Err((shape.id.span(), message));
                if shape.has.is_empty() {
                    return wrong(format!("expected rules in `has` of the shape `{id}`, found none"));
                }
                for other in &page.shapes[..at] {
                    if other.id.get_ref() == id {
                        return wrong(format!("two shapes of the page `{}` have the id `{id}`", page.id));
                    }
                    let is_same = |rule: &Spanned<String>| other.has(rule.get_ref());
                    if other.has.len() == shape.has.len() && shape.has.iter().all(is_same) {
                        return wrong(format!("the shapes `{}` and `{id}` have the same rules", other.id.get_ref()));
                    }
                }
                for name in &shape.has {
                    self.check_rule_of_shape(page, name).map_err(|message| (name.span(), message))?;
                }
            }
        }
        Ok(())
    }

    fn check_rule_of_shape(&self, page: &RecipePage, name: &Spanned<String>) -> Result<(), String> {
        let name = name.get_ref();
        let Some(rule) = self.shape_rule(name) else {
            return Err(format!(
                "unknown rule `{name}` of a shape: expected the id of a table, list or growth, the `says` of a statement, or the \
                 `match` of a [[given]]"
            ));
        };
        if matches!(rule.required, Count::Any | Count::AtLeast(0)) {
            return Err(format!("`{name}` must be there in a shape that has it: remove its `required`"));
        }
        let Some(pages) = rule.pages else { return Ok(()) };
        if !page.is_among(pages) {
            return Err(format!(
                "the page `{}` has a shape with `{name}`, whose `pages` do not name the page",
                page.id
            ));
        }
        let has_rule = |other: &RecipePage| other.shapes.iter().any(|shape| shape.has(name));
        let mut others = self.pages.iter().filter(|other| other.has_rules() && other.is_among(pages));
        match others.find(|other| !has_rule(other)) {
            Some(other) => {
                Err(format!("`{name}` is also a rule of the page `{}`, without a shape: set its `pages`", other.id))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM"]
who = [{ match = "{model}" }]

[[table]]
id = "tiers"
required = false
kind = "any"
usual = ["Tier", "RPM"]

[[statement]]
when = ["paid accounts"]
says = "plan: paid"
"#;

    /// Returns the error of a recipe of two pages, the first with shapes. The rules begin on line 15.
    fn error(shapes: &str, rules: &str) -> String {
        let main = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\n";
        let other = "[[page]]\nid = \"other\"\nurl = \"https://acme.example/other\"\n";
        Recipe::parse(&format!("{main}{shapes}{other}{rules}"))
            .map(|_| "none".to_owned())
            .unwrap_or_else(|e| e.to_string())
    }

    fn shape(id: &str, has: &str) -> String {
        format!("[[page.shape]]\nid = \"{id}\"\nhas = [{has}]\n")
    }

    #[test]
    fn a_shape_names_rules_that_must_be_there() {
        let rules =
            RULES.replace("required = false\n", "").replace("usual = [\"Model", "pages = [\"main\"]\nusual = [\"Model");
        assert_eq!(error(&shape("new", "\"limits\", \"plan: paid\""), &rules), "none");
        let unknown = error(&shape("new", "\"limit\""), &rules);
        assert!(unknown.starts_with("line 7: unknown rule `limit` of a shape: expected the id"), "{unknown}");
        assert_eq!(error(&shape("new", ""), &rules), "line 6: expected rules in `has` of the shape `new`, found none");
        let optional = error(&shape("new", "\"tiers\""), RULES);
        assert_eq!(optional, "line 7: `tiers` must be there in a shape that has it: remove its `required`");
        let elsewhere = error(&shape("new", "\"limits\""), RULES);
        assert_eq!(elsewhere, "line 7: `limits` is also a rule of the page `other`, without a shape: set its `pages`");
    }

    #[test]
    fn two_shapes_differ_in_their_ids_and_rules() {
        let rules = RULES.replace("usual = [\"Model", "pages = [\"main\"]\nusual = [\"Model");
        let twice = error(&(shape("new", "\"limits\"") + &shape("new", "\"plan: paid\"")), &rules);
        assert_eq!(twice, "line 9: two shapes of the page `main` have the id `new`");
        let same = error(&(shape("new", "\"limits\"") + &shape("old", "\"limits\"")), &rules);
        assert_eq!(same, "line 9: the shapes `new` and `old` have the same rules");
    }
}
