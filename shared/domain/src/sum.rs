//! The sums of a day that texts add to.

use super::region::Region;

/// A part of the day's budget that the other part cannot spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pot {
    /// That of VERIFIED users. Unknown usernames look at it, since they are like VERIFIED ones.
    Verified,
    /// That of signups and PENDING users.
    Others,
}

/// A sum of the day, which a text adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// The micro-dollars that a pot has spent.
    Pot(Pot),
    /// The texts to signups and PENDING users of a region; their segments where nothing is expected of it.
    Region(Region),
}

impl Sum {
    /// Returns its name in stored rows and in logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pot(Pot::Verified) => "verified",
            Self::Pot(Pot::Others) => "others",
            Self::Region(region) => region.as_str(),
        }
    }
}
