/// Functions of `bool`: none yet, as with Sui.
#[defines_primitive(bool)]
module std::bool;
