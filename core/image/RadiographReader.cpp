// RadiographReader
