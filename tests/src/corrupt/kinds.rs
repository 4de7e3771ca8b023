//! The kinds of edits that vendors make: at a number, at a name, of a line, of a table, and of the prose around.

use Meaning::{Other, Same};
use VendorEdit::*;

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the table of `VendorEdit::ALL` describes them")]
pub enum VendorEdit {
    ValueChanged,
    ValueFullWidth,
    ValueInvisible,
    ValueGlued,
    ValueStruck,
    ValueReplaced,
    ValueCommented,
    CommentBeside,
    ValueMarked,
    ValueNoted,
    ValueInWords,
    ValueRange,
    ValueUnit,
    ValueShared,
    ValueReduced,
    NameInvisible,
    NameMarked,
    NameStruck,
    NameQualified,
    RowCommented,
    RowRepeated,
    RowDropped,
    WindowSwapped,
    TableCommented,
    TableHidden,
    TableInTab,
    TableInDetails,
    TableCaptioned,
    HeadingAbove,
    HeadingRenamed,
    ProseAdded,
    ProseAnywhere,
    ProseChanged,
    ProseNegated,
    NoteChanged,
    NoteRemoved,
    ItemAdded,
    SubItemAdded,
    CodeAdded,
    TabRelabelled,
    TabsSwapped,
    TabHidden,
    TabRemoved,
}

/// What an edit means for the limits of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The limits stay as they are.
    Same,
    /// A limit is another, or no longer holds for what it held before.
    Other,
}

impl VendorEdit {
    /// Every kind, with what it means and what it does.
    pub const ALL: [(Self, Meaning, &'static str); 43] = [
        (ValueChanged, Other, "another first digit"),
        (ValueFullWidth, Same, "full-width digits"),
        (ValueInvisible, Same, "an invisible character within a number"),
        (ValueGlued, Other, "a second number run together with the first"),
        (ValueStruck, Other, "a number that is struck out"),
        (ValueReplaced, Other, "a number that is struck out, before another"),
        (ValueCommented, Other, "a number within a comment"),
        (CommentBeside, Same, "a comment with a number beside a number"),
        (ValueMarked, Other, "a footnote mark at a number"),
        (ValueNoted, Other, "a footnote mark at a number, with its note"),
        (ValueInWords, Other, "`~10`, `N/A`, `—`, `Unlimited` and others in place of a number"),
        (ValueRange, Other, "a range in place of a number"),
        (ValueUnit, Other, "a unit or a window after a number"),
        (ValueShared, Other, "a number that is shared"),
        (ValueReduced, Other, "a number that is reduced"),
        (NameInvisible, Same, "an invisible character within a name"),
        (NameMarked, Other, "a footnote mark at a name"),
        (NameStruck, Other, "a name that is struck out"),
        (NameQualified, Other, "words after a name"),
        (RowCommented, Other, "a line within a comment"),
        (RowRepeated, Other, "a line once more, with another number"),
        (RowDropped, Other, "a line removed"),
        (WindowSwapped, Other, "another window or metric in a header or a line with limits"),
        (TableCommented, Other, "a table within a comment"),
        (TableHidden, Other, "a table that is hidden"),
        (TableInTab, Other, "a table in the panel of a tab"),
        (TableInDetails, Other, "a table in a panel that is closed"),
        (TableCaptioned, Other, "a caption with a window or a reduction"),
        (HeadingAbove, Other, "a heading between a table and its own"),
        (HeadingRenamed, Other, "another heading above a table"),
        (ProseAdded, Other, "a sentence after a table"),
        (ProseAnywhere, Other, "a sentence with a rate anywhere"),
        (ProseChanged, Other, "another number in prose"),
        (ProseNegated, Other, "another word in a sentence of limits"),
        (NoteChanged, Other, "another note of a footnote"),
        (NoteRemoved, Other, "a note of a footnote removed"),
        (ItemAdded, Other, "a list item with a rate"),
        (SubItemAdded, Other, "an item below an item"),
        (CodeAdded, Other, "a block of code with a rate"),
        (TabRelabelled, Other, "another label of a tab"),
        (TabsSwapped, Other, "the labels of two tabs exchanged"),
        (TabHidden, Other, "a tab that is hidden"),
        (TabRemoved, Other, "the label of a tab removed"),
    ];
}
