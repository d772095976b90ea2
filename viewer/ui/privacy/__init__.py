"""The privacy screen: nobody's name in the window while others look at it (SE-4)."""
