// Phantom
