"""Teams: groups of people that review policies name."""
