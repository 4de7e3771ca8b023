//! Size classes: their bounds, and the ranges that rows state beside a class's name.

use ratebook_source::SizeClass;

use super::Reader;
use super::facts::Fact;
use super::pending::StatedRange;
use crate::recipe;

impl Reader<'_> {
    /// Gives shared bounds to the lower class, and checks that the classes meet and that rows state the same ranges.
    pub(super) fn resolve_classes(&mut self) {
        let mut classes: Vec<(u32, SizeClass)> = self.facts.iter().flat_map(Fact::classes).cloned().collect();
        let is_shared = self
            .recipe
            .tables
            .iter()
            .any(|table| table.classes.is_some_and(|classes| classes.shared_bound == recipe::SharedBound::Lower));
        classes.sort_by_key(|(_, class)| (class.to.is_none(), class.to, class.from));
        for at in 1..classes.len() {
            if is_shared && Some(classes[at].1.from) == classes[at - 1].1.to {
                classes[at].1.from = classes[at].1.from.saturating_add(1);
            }
        }
        for pair in classes.windows(2) {
            let ((_, below), (line, class)) = (&pair[0], &pair[1]);
            if !class.follows(below) {
                let message = format!("the size classes `{}` and `{}` overlap or leave a gap", below.name, class.name);
                self.error(*line, message);
            }
        }
        if let (Some((line, first)), Some((_, last))) = (classes.first(), classes.last())
            && (first.from != 0 || last.to.is_some())
        {
            self.error(*line, "the size classes leave out the smallest or the largest models");
        }
        for fact in &mut self.facts {
            if let Fact::Classes(stated) = fact {
                for (_, class) in stated {
                    if let Some((_, known)) = classes.iter().find(|(_, known)| known.name == class.name) {
                        class.clone_from(known);
                    }
                }
            }
        }
        for StatedRange { line, class, range, label } in std::mem::take(&mut self.pending.ranges) {
            let Some((_, known)) = classes.iter().find(|(_, known)| known.name == class) else {
                self.error(line, format!("unknown size class `{label}`: the table of classes does not list it"));
                continue;
            };
            if known.to != range.1 || (known.from != range.0 && known.from != range.0.saturating_add(1)) {
                self.error(line, format!("`{label}` has other bounds in the table of classes"));
            }
        }
    }
}
